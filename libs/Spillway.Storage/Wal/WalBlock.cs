using System.Diagnostics;
using Spillway.Kafka;
using Spillway.Kafka.Records;

namespace Spillway.Storage.Wal;

/// <summary>
/// A block on its way to a segment: batches are added, then it is placed, then written. It refers to the batches' memory,
/// which must stay as it is until the block has been written (and may have to be written again, elsewhere, after a failed
/// flush). Reusable after <see cref="Clear"/>. Not thread-safe.
/// </summary>
public sealed class WalBlock
{
    private static readonly byte[] Padding = new byte[WalFormat.AlignmentBytes];

    private readonly List<WalDirectoryEntry> _directory = [];

    // The head's place comes first, then the batches, then padding: what one gathered write takes.
    private readonly List<ReadOnlyMemory<byte>> _parts = [ReadOnlyMemory<byte>.Empty];
    private byte[] _head = [];
    private uint? _payloadCrc;
    private WalBlockHeader _header;
    private bool _isPlaced;

    /// <summary>How many batches there are.</summary>
    public int Count => _directory.Count;

    /// <summary>The length of all batches together.</summary>
    public int PayloadBytes { get; private set; }

    /// <summary>How many bytes of a segment the block takes, padding included.</summary>
    public long OccupiedBytes => WalFormat.AlignUp((long)WalBlockHeader.GetHeadBytes(Count) + PayloadBytes);

    /// <summary>The batches' places in the payload, in the order they were added.</summary>
    public IReadOnlyList<WalDirectoryEntry> Directory => _directory;

    /// <summary>The bytes of one batch, in the order of <see cref="Directory"/>.</summary>
    public ReadOnlyMemory<byte> GetBatch(int index) => _parts[1 + index];

    /// <summary>The header, once placed.</summary>
    public WalBlockHeader Header
    {
        get
        {
            Debug.Assert(_isPlaced, "A block has no header before it is placed.");
            return _header;
        }
    }

    /// <summary>Adds the bytes of one batch (or of several whole batches of one log, back to back).</summary>
    public void Add(LogId logId, ReadOnlyMemory<byte> batch)
    {
        _directory.Add(new WalDirectoryEntry(logId, PayloadBytes, batch.Length));
        _parts.Add(batch);
        PayloadBytes = checked(PayloadBytes + batch.Length);
        _payloadCrc = null;
        _isPlaced = false;
    }

    /// <summary>Says where the block goes. May be called again for another place: the replay after a failed flush.</summary>
    public void Place(long segmentId, long writerEpoch, long blockSeq, long position)
    {
        _header = new WalBlockHeader
        {
            SegmentId = segmentId,
            WriterEpoch = writerEpoch,
            BlockSeq = blockSeq,
            Position = position,
            PayloadBytes = PayloadBytes,
            Count = Count,
            PayloadCrc = 0,
        };
        _isPlaced = true;
    }

    /// <summary>Forgets the batches, so that the block can be filled anew.</summary>
    public void Clear()
    {
        _directory.Clear();
        _parts.Clear();
        _parts.Add(ReadOnlyMemory<byte>.Empty);
        PayloadBytes = 0;
        _payloadCrc = null;
        _isPlaced = false;
    }

    /// <summary>
    /// Encodes the head and gives the parts of the whole block for one write. Here and not when the block is placed,
    /// because the checksum of the payload is work for the thread that writes.
    /// </summary>
    /// <param name="isPadded">Zeros up to the next boundary are wanted: where another block may follow in the same file.</param>
    internal List<ReadOnlyMemory<byte>> Encode(bool isPadded = true)
    {
        if (!_isPlaced)
        {
            throw new InvalidOperationException("A block must be placed before it is written.");
        }

        _payloadCrc ??= ComputePayloadCrc();
        _header = _header with { PayloadCrc = _payloadCrc.Value };
        var headBytes = _header.HeadBytes;
        if (_head.Length < headBytes)
        {
            _head = new byte[headBytes];
        }

        for (var i = 0; i < _directory.Count; i++)
        {
            _directory[i].Write(_head.AsSpan(WalBlockHeader.GetHeadBytes(i)));
        }

        _header.Write(_head);
        _parts[0] = _head.AsMemory(0, headBytes);
        _parts.RemoveRange(1 + Count, _parts.Count - 1 - Count);
        var paddingBytes = (int)(OccupiedBytes - headBytes - PayloadBytes);
        if (isPadded && paddingBytes > 0)
        {
            // Zeros up to the boundary: a page of the file is written whole or not at all.
            _parts.Add(Padding.AsMemory(0, paddingBytes));
        }

        return _parts;
    }

    private uint ComputePayloadCrc()
    {
        var crc = 0u;
        for (var i = 1; i <= Count; i++)
        {
            crc = Crc32C.Append(crc, _parts[i].Span);
        }

        return crc;
    }
}
