using Spillway.Storage.Faults;

namespace Spillway.Storage.Wal.Faults;

/// <summary>An open file with the faults of its volume in front of its calls.</summary>
internal sealed class FaultInjectingFile(
    FaultInjectingFileSystem owner, string? volume, string path, bool isFresh, IWalFile file) : IWalFile
{
    public long GetLength()
    {
        owner.Pass(volume, path, FaultCall.Read);
        var lengthBytes = file.GetLength();
        return FindStale(FaultKind.StaleSize, FaultKind.StaleSize) is null ? lengthBytes : WalFormat.AlignUp(lengthBytes / 2);
    }

    public void Preallocate(long lengthBytes)
    {
        owner.Pass(volume, path, FaultCall.Create);
        file.Preallocate(lengthBytes);
    }

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long position)
    {
        // What is at the begin of a segment is its header, a part of making it.
        var call = position == 0 ? FaultCall.Create : FaultCall.Write;
        owner.Pass(volume, path, call);
        if (owner.FindStrike(volume, call, FaultKind.ShortWrite, FaultKind.TornBlock) is { } rule)
        {
            WriteSome(rule, parts, position);
        }

        file.Write(parts, position);
    }

    public void FlushData()
    {
        owner.Pass(volume, path, FaultCall.Flush);
        file.FlushData();
    }

    public void FlushAll()
    {
        owner.Pass(volume, path, FaultCall.Create);
        file.FlushAll();
    }

    public int Read(Span<byte> buffer, long position)
    {
        owner.Pass(volume, path, FaultCall.Read);
        var readBytes = file.Read(buffer, position);
        if (FindStale(FaultKind.StaleSize, FaultKind.StalePage) is not { } rule || readBytes == 0)
        {
            return readBytes;
        }

        if (rule.Kind == FaultKind.StaleSize)
        {
            return readBytes / 2;
        }

        // One page of the file, as far as it was read.
        var pageCount = (int)((WalFormat.AlignUp(position + readBytes) - position) / WalFormat.AlignmentBytes) + 1;
        var page = (position & -WalFormat.AlignmentBytes) + ((long)rule.Next(pageCount) * WalFormat.AlignmentBytes);
        var start = (int)Math.Clamp(page - position, 0, readBytes - 1);
        var end = (int)Math.Clamp(page + WalFormat.AlignmentBytes - position, start + 1, readBytes);
        buffer[start..end].Clear();
        return readBytes;
    }

    public void Dispose()
    {
        owner.Pass(volume, path, FaultCall.Close);
        file.Dispose();
    }

    // Opening anew is what ends a stale view, unless the rule is for that too.
    private FaultRule? FindStale(FaultKind oneKind, FaultKind otherKind) =>
        owner.FindStrike(volume, FaultCall.Read, oneKind, otherKind, isFresh);

    private void WriteSome(FaultRule rule, IReadOnlyList<ReadOnlyMemory<byte>> parts, long position)
    {
        var left = 1 + rule.Next(Math.Max(parts.Sum(static part => part.Length) - 1, 1));
        var some = new List<ReadOnlyMemory<byte>>();
        foreach (var part in parts.TakeWhile(_ => left > 0))
        {
            some.Add(part[..Math.Min(part.Length, left)]);
            left -= part.Length;
        }

        file.Write(some, position);
        if (rule.Kind == FaultKind.TornBlock)
        {
            owner.Die(path);
        }

        throw FaultInjectingFileSystem.ToException(rule.Line.Errno, FaultCall.Write, path);
    }
}
