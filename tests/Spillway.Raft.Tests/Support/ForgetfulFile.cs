namespace Spillway.Raft.Tests.Support;

/// <summary>
/// One inode of a <see cref="ForgetfulDisk"/>: what processes see, what is durable, and the changes in between.
/// </summary>
internal sealed class ForgetfulFile
{
    private const int SectorBytes = 512;

    private readonly List<(long Position, byte[] Data, long? NewLength)> _unflushed = [];
    private byte[] _seen = [];
    private byte[] _durable = [];

    public byte[] Seen => _seen;

    public void Write(ReadOnlySpan<byte> data, long position)
    {
        var copy = data.ToArray();
        _unflushed.Add((position, copy, null));
        Put(ref _seen, copy, position);
    }

    public void SetLength(long length)
    {
        _unflushed.Add((0, [], length));
        Array.Resize(ref _seen, (int)length);
    }

    /// <summary>Makes the changes so far durable, but for the writes to omit: those wait for a chance.</summary>
    public void Flush(Func<ReadOnlyMemory<byte>, bool>? omits = null)
    {
        var omitted = new List<(long Position, byte[] Data, long? NewLength)>();
        foreach (var change in _unflushed)
        {
            if (omits is not null && change.NewLength is null && omits(change.Data))
            {
                omitted.Add(change);
            }
            else
            {
                Keep(change);
            }
        }

        _unflushed.Clear();
        _unflushed.AddRange(omitted);
    }

    /// <summary>
    /// The changes so far reach the disk or not, each by chance and writes by sectors; nothing tells which, and no
    /// later flush tries again (that is what Linux does after a failed one).
    /// </summary>
    public void FlushByChance(Random random)
    {
        var prefix = random.Next(2) == 0 ? random.Next(_unflushed.Count + 1) : -1;
        for (var i = 0; i < _unflushed.Count; i++)
        {
            var change = _unflushed[i];
            if (prefix >= 0 ? i < prefix : random.Next(2) == 0)
            {
                Keep(change);
            }
            else if (change.NewLength is null)
            {
                KeepSomeSectors(change, random);
            }
        }

        _unflushed.Clear();
    }

    /// <summary>A copy with what is durable.</summary>
    public ForgetfulFile Durable() => new() { _seen = [.. _durable], _durable = [.. _durable] };

    /// <summary>The machine restarts: only what is durable is left.</summary>
    public void Forget() => _seen = [.. _durable];

    private void Keep((long Position, byte[] Data, long? NewLength) change)
    {
        if (change.NewLength is { } length)
        {
            Array.Resize(ref _durable, (int)length);
        }
        else
        {
            Put(ref _durable, change.Data, change.Position);
        }
    }

    private void KeepSomeSectors((long Position, byte[] Data, long? NewLength) change, Random random)
    {
        var asPrefix = random.Next(2) == 0;
        var start = 0;
        while (start < change.Data.Length)
        {
            // Sectors are those of the disk, not of the write.
            var count = Math.Min(
                change.Data.Length - start, SectorBytes - (int)((change.Position + start) % SectorBytes));
            if (random.Next(3) != 0)
            {
                Put(ref _durable, change.Data.AsSpan(start, count), change.Position + start);
            }
            else if (asPrefix)
            {
                return;
            }

            start += count;
        }
    }

    private static void Put(ref byte[] content, ReadOnlySpan<byte> data, long position)
    {
        if (content.Length < position + data.Length)
        {
            Array.Resize(ref content, (int)position + data.Length);
        }

        data.CopyTo(content.AsSpan((int)position));
    }
}
