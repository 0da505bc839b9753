using System.Globalization;

namespace Spillway.ServiceDefaults.Configuration;

/// <summary>Collects everything that is wrong with one options section, each with its full key and an example value.</summary>
public sealed class OptionsErrors(string section)
{
    private readonly List<string> _failures = [];

    /// <summary>What was found, one sentence each.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Notes an error unless <paramref name="condition"/> holds.</summary>
    /// <param name="condition">What must be true.</param>
    /// <param name="property">The property the operator would change, a path with colons where it is nested.</param>
    /// <param name="rule">The rule, as it follows the key: "must be from 1 to 16".</param>
    /// <param name="example">A value that would do.</param>
    public void Require(bool condition, string property, string rule, object example)
    {
        if (!condition)
        {
            Add(property, rule, example);
        }
    }

    /// <summary>Notes an error.</summary>
    public void Add(string property, string rule, object example) =>
        _failures.Add(string.Create(CultureInfo.InvariantCulture, $"{section}:{property} {rule} (for example {section}:{property}={example})"));
}
