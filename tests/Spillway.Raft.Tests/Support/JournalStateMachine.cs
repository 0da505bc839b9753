namespace Spillway.Raft.Tests.Support;

/// <summary>Remembers every command (an id and filler), in order; the result is the command's position.</summary>
internal sealed class JournalStateMachine : IReplicatedStateMachine
{
    public List<long> Ids { get; } = [];

    public ulong LastIndex { get; private set; }

    public ulong PublishedIndex { get; private set; }

    public int PublishedCount { get; private set; }

    public int Loads { get; private set; }

    public Exception? ThrowOnApply { get; set; }

    /// <summary>Runs on the log's thread before a command is looked at.</summary>
    public Action? BeforeApply { get; set; }

    public static byte[] Command(long id, int bytes = 8)
    {
        var command = new byte[Math.Max(8, bytes)];
        BitConverter.TryWriteBytes(command, id);
        for (var i = 8; i < command.Length; i++)
        {
            command[i] = (byte)(id + i);
        }

        return command;
    }

    public object? Apply(ulong index, ReadOnlyMemory<byte> command)
    {
        BeforeApply?.Invoke();
        if (ThrowOnApply is { } exception)
        {
            throw exception;
        }

        if (index < LastIndex)
        {
            throw new InvalidOperationException($"Index {index} after {LastIndex}.");
        }

        LastIndex = index;
        var id = BitConverter.ToInt64(command.Span);
        for (var i = 8; i < command.Length; i++)
        {
            if (command.Span[i] != (byte)(id + i))
            {
                throw new InvalidOperationException($"Command {id} is not what was proposed.");
            }
        }

        Ids.Add(id);
        return Ids.Count - 1;
    }

    public void WriteSnapshot(Stream destination)
    {
        using var writer = new BinaryWriter(destination, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(LastIndex);
        writer.Write(Ids.Count);
        Ids.ForEach(writer.Write);
    }

    public void LoadSnapshot(Stream source)
    {
        using var reader = new BinaryReader(source, System.Text.Encoding.UTF8, leaveOpen: true);
        Ids.Clear();
        LastIndex = reader.ReadUInt64();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            Ids.Add(reader.ReadInt64());
        }

        Loads++;
    }

    public void OnGroupApplied(ulong appliedIndex)
    {
        PublishedIndex = appliedIndex;
        PublishedCount = Ids.Count;
    }
}
