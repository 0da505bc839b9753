using Spillway.Raft.Core;
using Spillway.Raft.Files;
using Spillway.Raft.Hosting;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Segments;

/// <summary>
/// The log's writing side: one open segment, appended to by the log's thread alone. A segment is never reopened for
/// append; a start and a full segment open a new one. Any failure is final, the caller must not go on.
/// </summary>
internal sealed class SegmentedLog : IDisposable
{
    private const int BufferBytes = 64 << 10;
    private const int BufferBytesKept = 2 << 20;

    private readonly HostRules _rules;
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
    private bool _unflushed;
    private byte[] _buffer = new byte[BufferBytes];
    private int _buffered;
    private HardState _written;

    public SegmentedLog(
        ILogFolder folder, FolderIdentity identity, long segmentBytes, RecoveredLog recovered, HostRules? rules = null)
    {
        _rules = rules ?? HostRules.Sound;
        _folder = folder;
        _identity = identity;
        _segmentBytes = segmentBytes;
        _closed = [.. recovered.Segments];
        _closedBytes = _closed.Sum(static segment => segment.LengthBytes);
        LastIndex = recovered.LastIndex;
        LastTerm = recovered.LastTerm;
        HardState = recovered.HardState;
    }

    public ulong LastIndex { get; private set; }

    public ulong LastTerm { get; private set; }

    /// <summary>
    /// What is to be remembered. Term and vote change by <see cref="Append"/> only; the commit index alone may be set, and is
    /// written with whatever is written next: it is a hint.
    /// </summary>
    public HardState HardState { get; private set; }

    /// <summary>Bytes that the segments hold: closed ones wholly, the open one up to its end.</summary>
    public long Bytes => _closedBytes + _position;

    /// <summary>
    /// Opens the next segment. Its first record is the HardState, because the segments that hold it now get deleted.
    /// What was appended before, and then header and record, are durable before the file gets its name, and the name before
    /// anything is appended.
    /// </summary>
    public void OpenSegment()
    {
        var number = _closed.Count == 0 ? 1 : _closed[^1].Number + 1;
        if (_file is { } full)
        {
            Flush();
            number = _header.Number + 1;
            _closed.Add(new SegmentDescriptor(_header.Number, _header.FirstIndex, _segmentBytes));
            _closedBytes += _segmentBytes;
            _file = null;
            full.Dispose();
        }

        // The commit index may be ahead of the entries of the same append: they follow in this segment.
        _written = _rules.OnNewSegment(HardState with { Commit = Math.Min(HardState.Commit, LastIndex) });
        _header = new SegmentHeader(_identity.ClusterId, _identity.NodeId, number, LastIndex + 1, LastTerm);
        _header.WriteTo(_page);
        _writeNumber = 1;
        var record = _page.AsSpan(SegmentHeader.Bytes);
        _written.WriteTo(record[LogRecord.HeaderBytes..]);
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
    /// Writes entries, then what is to be remembered: in the other order a torn write could keep a commit index or a term
    /// whose entries it lost. One write, unless they fill a segment; durable only after <see cref="Flush"/>.
    /// </summary>
    public void Append(IReadOnlyList<RaftEntry> entries, HardState hardState)
    {
        if (_rules.WritesHardStateFirst)
        {
            Add(hardState);
        }

        for (var i = 0; i < entries.Count; i++)
        {
            Add(entries[i].Payload.Span, LogRecordKind.Entry);
            (LastIndex, LastTerm) = (entries[i].Index, entries[i].Term);
        }

        Add(hardState);
        WriteBuffered();
    }

    /// <summary>Takes a new commit index; nothing is written.</summary>
    public void RememberCommit(ulong commit) => HardState = HardState with { Commit = commit };

    /// <summary>Makes what was appended durable; does nothing where there is nothing.</summary>
    public void Flush()
    {
        if (_unflushed)
        {
            _file!.FlushData();
            _unflushed = false;
        }
    }

    /// <summary>The log is to go on behind a snapshot, whatever it holds: in a new segment, which says so.</summary>
    public void GoOnBehind(SnapshotId snapshot)
    {
        Flush();
        (LastIndex, LastTerm) = (snapshot.Index, snapshot.Term);
        RememberCommit(snapshot.Index);
        OpenSegment();
    }

    /// <summary>
    /// Takes the closed segments that hold nothing above <paramref name="index"/> off the list; the caller deletes the
    /// files once the snapshot that replaces them is durable. All before the last one that was opened when the log ended at or
    /// below that index: a replaced end may make the first indexes of segments fall.
    /// </summary>
    public IReadOnlyList<SegmentDescriptor> TakeUpTo(ulong index)
    {
        var count = _header.FirstIndex <= index + 1
            ? _closed.Count
            : Math.Max(0, _closed.FindLastIndex(segment => segment.FirstIndex <= index + 1));
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

    private void Add(HardState hardState)
    {
        HardState = hardState;
        if (hardState != _written)
        {
            Span<byte> payload = stackalloc byte[HardState.PayloadBytes];
            hardState.WriteTo(payload);
            Add(payload, LogRecordKind.HardState);
            _written = hardState;
        }
    }

    private void Add(ReadOnlySpan<byte> payload, LogRecordKind kind)
    {
        var bytes = LogRecord.AlignedBytes(payload.Length);
        if (_position + _buffered + bytes > _segmentBytes)
        {
            WriteBuffered();
            OpenSegment();
        }

        if (_buffered + bytes > _buffer.Length)
        {
            MakeRoom(bytes);
        }

        // Numbered by flush, not by write: recovery takes a number that is two ahead as proof that what lies before it had
        // been flushed.
        if (!_unflushed && _buffered == 0)
        {
            _writeNumber++;
        }

        var record = _buffer.AsSpan(_buffered, bytes);
        payload.CopyTo(record[LogRecord.HeaderBytes..]);
        LogRecord.Seal(record, payload.Length, kind, _writeNumber, _header.Number, _position + _buffered);
        _buffered += bytes;
    }

    // Grows with what comes at once, up to a bound; what is larger goes in several writes, or alone.
    private void MakeRoom(int bytes)
    {
        if (_buffered + bytes > BufferBytesKept)
        {
            WriteBuffered();
        }

        if (_buffered + bytes > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffered + bytes, Math.Min(_buffer.Length * 2, BufferBytesKept)));
        }
    }

    private void WriteBuffered()
    {
        if (_buffered > 0)
        {
            _unflushed = true;
            _file!.Write(_buffer.AsSpan(0, _buffered), _position);
            _position += _buffered;
            _buffered = 0;
        }
    }
}
