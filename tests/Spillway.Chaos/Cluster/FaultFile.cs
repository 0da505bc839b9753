namespace Spillway.Chaos.Cluster;

/// <summary>The control file of one process (docs/testing/faults.md). Several faults may be in force; each adds and removes its own line. Thread-safe.</summary>
internal sealed class FaultFile
{
    private readonly Lock _lock = new(); // guards the file and what follows
    private readonly List<string> _lines = [];
    private int _number;

    public FaultFile(string path)
    {
        Path = path;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
    }

    public string Path { get; }

    /// <summary>Adds a rule; the result removes it. The process looks ten times a second.</summary>
    /// <param name="properties">The rule's properties, without braces.</param>
    public Action Add(string properties)
    {
        lock (_lock)
        {
            // A number of its own makes the same fault a new rule each time.
            var line = $"{{\"id\":\"{++_number}\",{properties}}}";
            _lines.Add(line);
            Write();
            return () => Remove(line);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _lines.Clear();
            Write();
        }
    }

    private void Remove(string line)
    {
        lock (_lock)
        {
            _lines.Remove(line);
            Write();
        }
    }

    private void Write()
    {
        File.WriteAllLines(Path + ".new", _lines);
        File.Move(Path + ".new", Path, overwrite: true);
    }
}
