using System.Globalization;

namespace Spillway.Tool.CommandLine;

/// <summary>A verb's part of the command line: <c>--name value</c> or <c>--name=value</c>, flags, and what stands alone.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly List<string> _operands = [];

    private Arguments()
    {
    }

    /// <exception cref="UsageException">An option is unknown, lacks its value, or has one too many.</exception>
    public static Arguments Parse(IReadOnlyList<string> words, IReadOnlyList<VerbOption> options)
    {
        var arguments = new Arguments();
        for (var i = 0; i < words.Count; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
            {
                arguments._operands.Add(words[i]);
                continue;
            }

            var split = words[i].IndexOf('=', StringComparison.Ordinal);
            var name = split < 0 ? words[i] : words[i][..split];
            var option = options.FirstOrDefault(o => o.Name == name) ?? throw new UsageException($"There is no option {name}.");
            var value = split < 0 ? null : words[i][(split + 1)..];
            if (option.Value is null && value is not null)
            {
                throw new UsageException($"{name} takes no value.");
            }

            if (option.Value is not null && value is null)
            {
                value = ++i < words.Count ? words[i] : throw new UsageException($"{name} needs {option.Value}.");
            }

            if (!arguments._values.TryGetValue(name, out var values))
            {
                arguments._values.Add(name, values = []);
            }

            values.Add(value ?? "");
        }

        return arguments;
    }

    public bool Has(VerbOption option) => _values.ContainsKey(option.Name);

    public IReadOnlyList<string> All(VerbOption option) => _values.GetValueOrDefault(option.Name) ?? [];

    public string? Find(VerbOption option) => All(option) is [.., var last] ? last : null;

    public string Get(VerbOption option) => Find(option) ?? throw new UsageException($"{option.Name} {option.Value} is needed.");

    /// <summary>A whole number, not negative; null where the option is absent.</summary>
    public long? FindCount(VerbOption option)
    {
        if (Find(option) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new UsageException($"{option.Name} is '{text}'; it is a whole number.");
    }

    /// <summary>The one word that stands alone.</summary>
    public string GetOperand(string called) => _operands switch
    {
        [var one] => one,
        [] => throw new UsageException($"{called} is missing."),
        _ => throw new UsageException($"'{_operands[1]}' is one word too many."),
    };

    /// <exception cref="UsageException">There is a word that belongs to nothing.</exception>
    public void ThrowIfOperands()
    {
        if (_operands.Count > 0)
        {
            throw new UsageException($"'{_operands[0]}' belongs to no option.");
        }
    }
}
