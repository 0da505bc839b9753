using Spillway.Rpc;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal.Reading;
using Spillway.Tool.Costs;
using Spillway.Tool.Fsck;
using Spillway.Tool.Jobs;
using Spillway.Tool.Objects;
using Spillway.Tool.Restoring;
using Spillway.Tool.Wal;

namespace Spillway.Tool.CommandLine;

/// <summary>The table of contents of the command, and how one line of it is run.</summary>
internal static class VerbTable
{
    private static readonly IVerb[] Verbs = [new ObjectInspect(), new WalInspect(), new JobList(), new FsckVerb(), new RestoreVerb(), new CostVerb()];

    public static async Task<int> RunAsync(
        IReadOnlyList<string> words, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (Verbs.FirstOrDefault(v => IsCalled(v, words)) is not { } verb)
        {
            var wantsHelp = words is ["help"] or ["--help"] or ["-h"];
            PrintAll(wantsHelp ? output : errors);
            return wantsHelp ? ExitCode.Sound : ExitCode.Usage;
        }

        var rest = words.Skip(verb.Name.Split(' ').Length).ToArray();
        if (rest.Contains("--help") || rest.Contains("-h"))
        {
            PrintOne(verb, output);
            return ExitCode.Sound;
        }

        try
        {
            var arguments = Arguments.Parse(rest, [.. verb.Options, VerbOption.Json]);
            return await verb.RunAsync(arguments, new Printer(output, arguments.Has(VerbOption.Json)), cancellationToken);
        }
        catch (UsageException e)
        {
            await errors.WriteLineAsync($"spillway {verb.Name}: {e.Message}");
            PrintOne(verb, errors);
            return ExitCode.Usage;
        }
        catch (Exception e) when (FindExitCode(e) is { } exitCode)
        {
            await errors.WriteLineAsync($"spillway {verb.Name}: {e.Message}");
            return exitCode;
        }
    }

    /// <summary>What is expected to go wrong; anything else is a bug and is shown as one.</summary>
    private static int? FindExitCode(Exception exception) => exception switch
    {
        ObjectCorruptException => ExitCode.Damaged,
        WalReadException { Failure: WalReadFailure.Corrupt } => ExitCode.Damaged,
        ObjectStoreException or WalReadException or RpcException or IOException or UnauthorizedAccessException
            or HttpRequestException or OperationCanceledException => ExitCode.Unavailable,
        _ => null,
    };

    private static bool IsCalled(IVerb verb, IReadOnlyList<string> words)
    {
        var name = verb.Name.Split(' ');
        return words.Count >= name.Length && name.SequenceEqual(words.Take(name.Length), StringComparer.Ordinal);
    }

    private static void PrintAll(TextWriter output)
    {
        output.WriteLine("spillway VERB …: looks at a cluster, its volumes and its objects. `spillway VERB --help` says more.");
        output.WriteLine();
        foreach (var verb in Verbs)
        {
            output.WriteLine($"  {verb.Name,-16}{verb.Summary}");
        }
    }

    private static void PrintOne(IVerb verb, TextWriter output)
    {
        output.WriteLine($"spillway {verb.Name}{(verb.Operands.Length > 0 ? " " + verb.Operands : "")}: {verb.Summary}");
        foreach (var option in verb.Options.Append(VerbOption.Json))
        {
            output.WriteLine($"  {option.Name + " " + option.Value,-24}{option.Meaning}");
        }
    }
}
