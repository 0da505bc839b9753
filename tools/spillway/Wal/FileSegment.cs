using System.Runtime.CompilerServices;
using Spillway.Storage.Wal;

namespace Spillway.Tool.Wal;

/// <summary>A segment that is a file of a mounted volume.</summary>
internal sealed class FileSegment : ISegmentSource
{
    private readonly WalSegmentWalker _walker;
    private readonly IWalFile _file;

    public FileSegment(string path)
    {
        var fileSystem = PosixWalFileSystem.Instance;
        _walker = WalSegmentWalker.Open(fileSystem, path);
        _file = fileSystem.OpenRead(path, dropCachedPages: false);
    }

    public WalSegmentHeader Header => _walker.Header;

    public long SizeBytes => _file.GetLength();

    public async IAsyncEnumerable<WalSegmentBlock> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var block in _walker.Walk())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return block;
        }

        await Task.CompletedTask;
    }

    public Task<ReadOnlyMemory<byte>> ReadPayloadAsync(WalSegmentBlock block, CancellationToken cancellationToken)
    {
        var payload = new byte[block.Header.PayloadBytes];
        var read = _file.Read(payload, block.Header.PayloadPosition);
        return Task.FromResult<ReadOnlyMemory<byte>>(payload.AsMemory(0, read));
    }

    public IReadOnlyList<SegmentGap> FindGaps(IReadOnlyList<WalSegmentBlock> blocks)
    {
        List<SegmentGap> gaps = [];
        long position = WalSegmentHeader.LengthBytes;
        foreach (var block in blocks)
        {
            Judge(position, block.Header.Position, gaps);
            position = block.Header.EndPosition;
        }

        Judge(position, SizeBytes, gaps);
        return gaps;
    }

    public void Dispose()
    {
        _walker.Dispose();
        _file.Dispose();
    }

    /// <summary>Page by page; what is of one kind and not the head of a block is told together.</summary>
    private void Judge(long start, long end, List<SegmentGap> gaps)
    {
        var first = gaps.Count;
        var page = new byte[WalFormat.AlignmentBytes];
        for (var position = start; position < end; position += page.Length)
        {
            var bytes = page.AsSpan(0, _file.Read(page, position));
            var problem = Describe(bytes, position);
            if (gaps.Count > first && (gaps[^1].Problem is null) == (problem is null) && !LooksLikeBlock(bytes))
            {
                gaps[^1] = gaps[^1] with { LengthBytes = gaps[^1].LengthBytes + bytes.Length };
            }
            else
            {
                gaps.Add(new SegmentGap(position, bytes.Length, problem));
            }
        }
    }

    private string? Describe(ReadOnlySpan<byte> page, long position)
    {
        if (!page.ContainsAnyExcept((byte)0))
        {
            return null;
        }

        if (!WalBlockHeader.TryReadUnverified(page, out var header))
        {
            return "bytes that are no block";
        }

        var claim = $"a torn block (sequence {header.BlockSeq}, {header.PayloadBytes} bytes of payload)";
        return header.SegmentId != Header.SegmentId ? $"{claim} of segment {header.SegmentId}"
            : header.WriterEpoch != Header.WriterEpoch ? $"{claim} of writer epoch {header.WriterEpoch}"
            : header.Position != position ? $"{claim} that was written for position {header.Position}"
            : header.PayloadPosition + header.PayloadBytes > SizeBytes ? $"{claim} that reaches past the end of the file"
            : $"{claim} whose header or directory has a wrong checksum";
    }

    private static bool LooksLikeBlock(ReadOnlySpan<byte> page) => WalBlockHeader.TryReadUnverified(page, out _);
}
