using Spillway.Raft.Files;

namespace Spillway.Raft.Tests.Support;

/// <summary>The disk as one process has it mounted; dead once that process has crashed.</summary>
internal sealed class ForgetfulFolder(ForgetfulDisk disk, int generation) : ILogFolder
{
    public string Path => "/forgetful";

    public void Lock()
    {
    }

    public IReadOnlyList<string> List() => [.. disk.Files.Keys];

    public ILogFile Create(string name, long reserveBytes)
    {
        Begin();
        if (disk.Files.ContainsKey(name))
        {
            throw new IOException($"{name} exists.");
        }

        var file = new ForgetfulFile();
        if (reserveBytes > 0)
        {
            file.SetLength(reserveBytes);
        }

        disk.Change(names => names[name] = file);
        return new Handle(disk, generation, name, file);
    }

    public ILogFile Open(string name) => new Handle(disk, generation, name, disk.Find(name));

    public void Rename(string from, string to)
    {
        Begin();
        var file = disk.Find(from);
        disk.Change(names =>
        {
            names.Remove(from);
            names[to] = file;
        });
    }

    public void Delete(string name)
    {
        Begin();
        disk.Change(names => names.Remove(name));
    }

    public void Flush()
    {
        Begin();
        disk.FlushNames();
    }

    public void Dispose()
    {
    }

    private void Begin()
    {
        if (!disk.Begin(generation))
        {
            throw disk.Crash();
        }
    }

    private sealed class Handle(ForgetfulDisk disk, int generation, string name, ForgetfulFile file) : ILogFile
    {
        public string Name => name;

        public long LengthBytes => file.Seen.Length;

        public void Write(ReadOnlySpan<byte> data, long position)
        {
            var whole = disk.Begin(generation);
            if (!whole || disk.FailNextWrite)
            {
                file.Write(data[..disk.Random.Next(data.Length + 1)], position);
                disk.FailNextWrite = false;
                throw whole ? ForgetfulDisk.IoError() : disk.Crash();
            }

            file.Write(data, position);
        }

        public int Read(Span<byte> destination, long position)
        {
            var rest = file.Seen.AsSpan((int)Math.Min(position, file.Seen.Length));
            var count = Math.Min(rest.Length, destination.Length);
            rest[..count].CopyTo(destination);
            return count;
        }

        public void FlushData() => disk.Flush(generation, name, file);

        public void FlushAll() => FlushData();

        public void SetLength(long lengthBytes)
        {
            if (!disk.Begin(generation))
            {
                throw disk.Crash();
            }

            file.SetLength(lengthBytes);
        }

        public void Dispose()
        {
        }
    }
}
