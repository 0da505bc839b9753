namespace Spillway.Tool.CommandLine;

/// <summary>One thing that the command does.</summary>
internal interface IVerb
{
    /// <summary>One or two words.</summary>
    string Name { get; }

    /// <summary>What stands alone on the command line, as the help shows it; empty: nothing does.</summary>
    string Operands { get; }

    string Summary { get; }

    IReadOnlyList<VerbOption> Options { get; }

    /// <summary>Does it; the result is an <see cref="ExitCode"/>.</summary>
    Task<int> RunAsync(Arguments arguments, Printer printer, CancellationToken cancellationToken);
}
