namespace Spillway.Raft.Files;

/// <summary>
/// The folder a log lives in: the seam where tests put a disk that forgets. Changes of names are durable only after
/// <see cref="Flush"/>.
/// </summary>
internal interface ILogFolder : IDisposable
{
    /// <summary>For messages.</summary>
    string Path { get; }

    /// <summary>Takes the folder for this process alone, or throws <see cref="LogFailedException"/>.</summary>
    void Lock();

    /// <summary>The names of all files, in no particular order.</summary>
    IReadOnlyList<string> List();

    /// <summary>Creates a file that must not exist; its space is reserved where the file system can.</summary>
    ILogFile Create(string name, long reserveBytes);

    /// <summary>Opens an existing file for reading, writing and flushing.</summary>
    ILogFile Open(string name);

    void Rename(string from, string to);

    void Delete(string name);

    /// <summary>Makes creations, renames and deletions durable.</summary>
    void Flush();
}
