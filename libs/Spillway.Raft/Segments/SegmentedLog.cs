using Spillway.Raft.Files;

namespace Spillway.Raft.Segments;

/// <summary>
/// The log's writing side: one open segment, appended to by the log's thread alone. A segment is never reopened for
/// append; a start and a full segment open a new one. Any failure is final, the caller must not go on.
/// </summary>
internal sealed class SegmentedLog : IDisposable
{
    private readonly ILogFolder _folder;
    private readonly FolderIdentity _identity;
    private readonly long _segmentBytes;
    private readonly List<SegmentDescriptor> _closed;
    private readonly byte[] _page = new byte[SegmentHeader.Bytes + LogRecord.HeaderBytes + HardState.PayloadBytes];

    private ILogFile? _file;
    private SegmentHeader _header;
    private long _position;
    private long _closedBytes;
    private uint _writeNumber;

    public SegmentedLog(ILogFolder folder, FolderIdentity identity, long segmentBytes, RecoveredLog recovered)
    {
        _folder = folder;
        _identity = identity;
        _segmentBytes = segmentBytes;
        _closed = [.. recovered.Segments];
        _closedBytes = _closed.Sum(static segment => segment.LengthBytes);
        LastIndex = recovered.LastIndex;
        LastTerm = recovered.LastTerm;
    }

    public ulong LastIndex { get; private set; }

    public ulong LastTerm { get; private set; }

    /// <summary>Bytes that the segments hold: closed ones wholly, the open one up to its end.</summary>
    public long Bytes => _closedBytes + _position;

    /// <summary>
    /// Opens the next segment. Its first record is the HardState, because the segments that hold it now get deleted.
    /// Header and record are durable before the file gets its name, and the name before anything is appended.
    /// </summary>
    public void OpenSegment(HardState hardState)
    {
        var number = _closed.Count == 0 ? 1 : _closed[^1].Number + 1;
        if (_file is { } full)
        {
            number = _header.Number + 1;
            _closed.Add(new SegmentDescriptor(_header.Number, _header.FirstIndex, _segmentBytes));
            _closedBytes += _segmentBytes;
            _file = null;
            full.Dispose();
        }

        _header = new SegmentHeader(_identity.ClusterId, _identity.NodeId, number, LastIndex + 1, LastTerm);
        _header.WriteTo(_page);
        _writeNumber = 1;
        var record = _page.AsSpan(SegmentHeader.Bytes);
        hardState.WriteTo(record[LogRecord.HeaderBytes..]);
        LogRecord.Seal(
            record, HardState.PayloadBytes, LogRecordKind.HardState, _writeNumber, number, SegmentHeader.Bytes);

        var name = SegmentHeader.NameOf(number);
        _file = _folder.Create(name + SegmentHeader.TemporarySuffix, _segmentBytes);
        _file.Write(_page, 0);
        _file.FlushAll();
        _folder.Rename(name + SegmentHeader.TemporarySuffix, name);
        _folder.Flush();
        _position = _page.Length;
    }

    /// <summary>
    /// Writes one entry; it is durable only after <see cref="Flush"/>. <paramref name="record"/> has the room for the
    /// record's header in front of the payload and for its padding behind.
    /// </summary>
    public void Append(Span<byte> record, int payloadBytes, ulong index, ulong term, HardState hardState)
    {
        var bytes = LogRecord.AlignedBytes(payloadBytes);
        if (_position + bytes > _segmentBytes)
        {
            OpenSegment(hardState);
        }

        LogRecord.Seal(record, payloadBytes, LogRecordKind.Entry, ++_writeNumber, _header.Number, _position);
        _file!.Write(record[..bytes], _position);
        _position += bytes;
        (LastIndex, LastTerm) = (index, term);
    }

    public void Flush() => _file!.FlushData();

    /// <summary>
    /// Takes the closed segments that hold nothing above <paramref name="index"/> off the list; the caller deletes the
    /// files once the snapshot that replaces them is durable.
    /// </summary>
    public IReadOnlyList<SegmentDescriptor> TakeUpTo(ulong index)
    {
        var count = 0;
        while (count < _closed.Count && NextFirstIndex(count) <= index + 1)
        {
            count++;
        }

        var taken = _closed.GetRange(0, count);
        _closed.RemoveRange(0, count);
        _closedBytes -= taken.Sum(static segment => segment.LengthBytes);
        return taken;
    }

    /// <summary>Puts segments that could not be deleted back on the list.</summary>
    public void PutBack(IReadOnlyList<SegmentDescriptor> taken)
    {
        _closed.InsertRange(0, taken);
        _closedBytes += taken.Sum(static segment => segment.LengthBytes);
    }

    /// <summary>Gives back the open segment's unused end: a stopped node keeps no reserved space.</summary>
    public void Close()
    {
        if (_file is { } file)
        {
            file.SetLength(_position);
            file.FlushAll();
        }
    }

    public void Dispose() => _file?.Dispose();

    private ulong NextFirstIndex(int closed) =>
        closed + 1 < _closed.Count ? _closed[closed + 1].FirstIndex : _header.FirstIndex;
}
