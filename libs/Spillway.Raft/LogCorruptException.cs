namespace Spillway.Raft;

/// <summary>
/// A file of the log is not what was written. Starting on it could forget acknowledged commands, so the log refuses;
/// a person must decide (restore the folder, or a snapshot copy).
/// </summary>
/// <param name="file">The file's path.</param>
/// <param name="positionBytes">Where in the file.</param>
/// <param name="reason">What is wrong there.</param>
public sealed class LogCorruptException(string file, long positionBytes, string reason)
    : LogFailedException($"{file} is corrupt at byte {positionBytes}: {reason}. Refusing to start.")
{
    /// <summary>The file's path.</summary>
    public string File { get; } = file;

    /// <summary>Where in the file the damage was seen.</summary>
    public long PositionBytes { get; } = positionBytes;
}
