namespace Spillway.Tool.CommandLine;

/// <summary>What the process ends with, so that scripts can tell findings from failures. The worst one counts.</summary>
internal static class ExitCode
{
    /// <summary>All is well.</summary>
    public const int Sound = 0;

    /// <summary>Something is left over or unfinished, and nothing is lost: a torn block that nobody may need, a file that nothing names.</summary>
    public const int Leftovers = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>It could not be looked at: not there, not reachable, refused. Nothing is known.</summary>
    public const int Unavailable = 3;

    /// <summary>Bytes that should be there are missing or wrong.</summary>
    public const int Damaged = 4;
}
