using System.Runtime.CompilerServices;
using Spillway.Kafka.Records;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal.Reading;

namespace Spillway.Storage.Wal.S3;

/// <summary>
/// Walks a segment whose blocks are objects, without metadata: for people and checks, never to decide what was acknowledged (only the index
/// knows that). A block that is missing or damaged does not end the walk, since blocks are put side by side. Thread-safe.
/// </summary>
public sealed class S3SegmentWalker
{
    private readonly IObjectStore _store;
    private readonly string _path;

    private S3SegmentWalker(IObjectStore store, string path, in WalSegmentHeader header)
    {
        _store = store;
        _path = path;
        Header = header;
    }

    /// <summary>The segment's header.</summary>
    public WalSegmentHeader Header { get; }

    /// <summary>Reads the header of the segment at a path as <see cref="WalVolumeSet.FindPath"/> gives it.</summary>
    /// <exception cref="WalReadException">There is no segment.</exception>
    public static async Task<S3SegmentWalker> OpenAsync(IObjectStore store, string path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        var bytes = new byte[WalSegmentHeader.LengthBytes];
        try
        {
            await store.ReadRangeAsync(S3SegmentKeys.HeaderOf(path), 0, bytes, cancellationToken);
        }
        catch (ObjectNotFoundException e)
        {
            throw new WalReadException(WalReadFailure.Missing, $"There is no segment '{path}'.", e);
        }
        catch (ObjectCorruptException e)
        {
            throw new WalReadException(WalReadFailure.Corrupt, $"'{path}' does not begin with a segment header.", e);
        }

        return WalSegmentHeader.TryRead(bytes, out var header)
            ? new S3SegmentWalker(store, path, header)
            : throw new WalReadException(WalReadFailure.Corrupt, $"'{path}' does not begin with an intact segment header.");
    }

    /// <summary>All blocks of this segment in the order of their number. Each is read whole.</summary>
    public async IAsyncEnumerable<WalSegmentBlock> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var numbers = new SortedSet<int>();
        await foreach (var found in _store.ListAsync(S3SegmentKeys.PrefixOf(_path), cancellationToken))
        {
            if (S3SegmentKeys.TryParse(_path, found.Key, out var number) && number > 0)
            {
                numbers.Add(number);
            }
        }

        foreach (var number in numbers)
        {
            if (await ReadAsync(number, cancellationToken) is { } block)
            {
                yield return block;
            }
        }
    }

    private async Task<WalSegmentBlock?> ReadAsync(int number, CancellationToken cancellationToken)
    {
        var key = S3SegmentKeys.BlockOf(_path, number);
        if (await _store.FindAsync(key, cancellationToken) is not { } stored || stored.SizeBytes > Array.MaxLength)
        {
            return null;
        }

        var bytes = new byte[stored.SizeBytes];
        await _store.ReadRangeAsync(key, 0, bytes, cancellationToken);
        return Parse(number, bytes);
    }

    private WalSegmentBlock? Parse(int number, ReadOnlySpan<byte> bytes)
    {
        if (!WalBlockHeader.TryReadUnverified(bytes, out var header)
            || header.SegmentId != Header.SegmentId
            || header.WriterEpoch != Header.WriterEpoch
            || header.Position != new S3BlockPosition(number, 0).ToPosition()
            || bytes.Length < header.HeadBytes
            || !header.IsHeadIntact(bytes))
        {
            return null;
        }

        var directory = new WalDirectoryEntry[header.Count];
        for (var i = 0; i < directory.Length; i++)
        {
            directory[i] = WalDirectoryEntry.Read(bytes[WalBlockHeader.GetHeadBytes(i)..]);
        }

        var payload = bytes[header.HeadBytes..];
        var isIntact = payload.Length == header.PayloadBytes && Crc32C.Compute(payload) == header.PayloadCrc;
        return new WalSegmentBlock(header, directory, isIntact);
    }
}
