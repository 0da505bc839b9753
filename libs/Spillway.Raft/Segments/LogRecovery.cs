using Spillway.Raft.Files;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Segments;

/// <summary>
/// Reads a log back. The first record of the last segment that fails its checksum is a torn write and ends the log;
/// everything else that is not as written is corruption and refuses to start: a bad record in an earlier segment, a
/// gap in indexes or segment numbers, a header of another cluster, and a valid record *behind* the torn one from a
/// later write, which was only issued after the torn one had been flushed, and so may have been acknowledged.
/// </summary>
internal sealed class LogRecovery(ILogFolder folder, FolderIdentity identity, SnapshotId snapshot)
{
    private readonly List<SegmentDescriptor> _segments = [];
    private readonly List<RecoveredEntry> _entries = [];
    private HardState _hardState;
    private ulong? _termAtSnapshot;
    private ulong _lastIndex;
    private ulong _lastTerm;
    private bool _begun;
    private byte[] _bytes = [];

    /// <summary>Reads the log, cuts its torn end off and makes all that was read durable.</summary>
    public RecoveredLog Run()
    {
        var numbers = new List<ulong>();
        foreach (var name in folder.List())
        {
            if (name.EndsWith(SegmentHeader.TemporarySuffix, StringComparison.Ordinal))
            {
                folder.Delete(name); // of a segment or snapshot that was never finished
            }
            else if (SegmentHeader.TryParseName(name, out var number))
            {
                numbers.Add(number);
            }
        }

        numbers.Sort();
        var torn = 0L;
        var headers = numbers.ConvertAll(ReadHeader);
        var needed = CheckChain(headers);
        for (var i = 0; i < headers.Count; i++)
        {
            torn += i < needed ? Skip(headers[i]) : ReadSegment(headers[i], isLast: i + 1 == headers.Count);
        }

        _bytes = [];
        if (_lastIndex < snapshot.Index || (snapshot.Index > 0 && _termAtSnapshot != snapshot.Term))
        {
            // The snapshot is newer than the whole log, or came from a leader whose log is another one: what the log holds
            // adds nothing. It goes on behind the snapshot in a new segment, whose first index tells the next recovery to
            // skip the old ones. They stay until that segment, with the HardState that they hold, is durable.
            _entries.Clear();
            (_lastIndex, _lastTerm) = (snapshot.Index, snapshot.Term);
        }

        folder.Flush();
        return new RecoveredLog
        {
            Segments = _segments,
            Entries = _entries,
            HardState = Mended(_hardState),
            LastIndex = _lastIndex,
            LastTerm = _lastTerm,
            TornBytes = torn,
        };
    }

    private SegmentHeader ReadHeader(ulong number)
    {
        var name = SegmentHeader.NameOf(number);
        using var file = folder.Open(name);
        var page = new byte[SegmentHeader.Bytes];
        var read = file.Read(page, 0);
        var header = SegmentHeader.Read(page.AsSpan(0, read), out var reason);
        if (header is not { } found)
        {
            throw Corrupt(name, 0, reason);
        }

        if (found.ClusterId != identity.ClusterId || found.NodeId != identity.NodeId)
        {
            throw Corrupt(name, 16, $"it belongs to node {found.NodeId} of cluster {found.ClusterId}, "
                + $"this is node {identity.NodeId} of {identity.ClusterId}");
        }

        return found.Number == number ? found : throw Corrupt(name, 40, $"it says it is segment {found.Number}");
    }

    // Commit is a hint, and a torn write may have lost what it names. It may have lost the term, too, but not an entry of that
    // term before it; no vote was given in a term that was never written.
    private HardState Mended(HardState state)
    {
        state = state with { Commit = Math.Clamp(state.Commit, snapshot.Index, _lastIndex) };
        return state.Term >= _lastTerm ? state : state with { Term = _lastTerm, Vote = 0 };
    }

    // The first segment that is needed: the last one that was opened when the log ended at the snapshot or below it. Nothing
    // before it is; a deletion of those may have been cut short, and leave a gap. (A replaced end may make first indexes fall
    // from one segment to the next, so it need not be the only one.)
    private int CheckChain(List<SegmentHeader> headers)
    {
        if (headers.Count == 0)
        {
            return 0;
        }

        var needed = headers.FindLastIndex(header => header.FirstIndex <= snapshot.Index + 1);
        if (needed < 0)
        {
            throw Corrupt(SegmentHeader.NameOf(headers[0].Number), 48,
                $"the log begins at index {headers[0].FirstIndex}, "
                + $"but the newest usable snapshot ends at {snapshot.Index}");
        }

        for (var i = needed + 1; i < headers.Count; i++)
        {
            if (headers[i].Number != headers[i - 1].Number + 1)
            {
                throw Corrupt(SegmentHeader.NameOf(headers[i].Number), 40,
                    $"segment {headers[i - 1].Number + 1} before it is missing");
            }
        }

        return needed;
    }

    private long Skip(SegmentHeader header)
    {
        using var skipped = folder.Open(SegmentHeader.NameOf(header.Number));
        _segments.Add(new SegmentDescriptor(header.Number, header.FirstIndex, skipped.LengthBytes));
        return 0;
    }

    private long ReadSegment(SegmentHeader header, bool isLast)
    {
        using var file = folder.Open(SegmentHeader.NameOf(header.Number));
        var bytes = ReadAll(file);
        if (!_begun)
        {
            _begun = true;
            (_lastIndex, _lastTerm) = (header.FirstIndex - 1, header.PreviousTerm);
            NoteTermAtSnapshot();
        }

        if (header.FirstIndex != _lastIndex + 1 || header.PreviousTerm != _lastTerm)
        {
            throw Corrupt(file.Name, 48, $"it begins at index {header.FirstIndex} after term {header.PreviousTerm}, "
                + $"but the log before it ends at index {_lastIndex} of term {_lastTerm}");
        }

        var end = ReadRecords(file.Name, header, bytes, out var lastWrite, out var lastWriteStart);
        var leftover = bytes[end..].IndexOfAnyExcept((byte)0) < 0 ? 0 : bytes.Length - end;
        if (!isLast)
        {
            if (leftover > 0)
            {
                throw Corrupt(file.Name, end, "a record fails its checksum, and a later segment follows");
            }

            _segments.Add(new SegmentDescriptor(header.Number, header.FirstIndex, bytes.Length));
            return 0;
        }

        if (leftover > 0 && FindLaterWrite(header, bytes, end, lastWrite) is { } later)
        {
            throw Corrupt(file.Name, end, $"a record fails its checksum, but a later write at byte {later} is whole");
        }

        // Cut rather than cleared: no later append can meet stale bytes, and the space goes back. What a process
        // wrote last and may not have flushed is about to become visible, so it must stay. A flush alone does not do:
        // if an earlier one failed, the kernel may hold those pages for clean. So they are written again. One write
        // is enough, for each was flushed before the next was issued.
        file.SetLength(end);
        file.Write(bytes[lastWriteStart..end], lastWriteStart);
        file.FlushAll();
        _segments.Add(new SegmentDescriptor(header.Number, header.FirstIndex, end));
        return leftover;
    }

    private int ReadRecords(
        string name, SegmentHeader header, ReadOnlySpan<byte> bytes, out uint lastWrite, out int lastWriteStart)
    {
        lastWrite = 0;
        lastWriteStart = SegmentHeader.Bytes;
        var position = SegmentHeader.Bytes;
        while (LogRecord.TryRead(bytes, position, header.Number, out var kind, out var write, out var payload))
        {
            switch (kind)
            {
                case LogRecordKind.HardState when HardState.TryRead(payload, out var state):
                    Take(name, position, state);
                    break;
                case LogRecordKind.Entry when LogEntryHeader.TryRead(payload, out var entry):
                    Take(name, position, entry, payload);
                    break;
                default:
                    throw Corrupt(name, position, $"a record of kind {(byte)kind} cannot be read by this version");
            }

            if (write != lastWrite)
            {
                (lastWrite, lastWriteStart) = (write, position);
            }

            position += LogRecord.AlignedBytes(payload.Length);
        }

        position = Math.Min(position, bytes.Length);
        return position;
    }

    private void Take(string name, long position, HardState state)
    {
        if (state.Term < _hardState.Term)
        {
            throw Corrupt(name, position, $"the term falls from {_hardState.Term} to {state.Term}");
        }

        _hardState = state;
    }

    private void Take(string name, long position, in LogEntryHeader entry, ReadOnlySpan<byte> payload)
    {
        if (entry.Index > _lastIndex + 1 || entry.Index <= Math.Min(_hardState.Commit, _lastIndex) || entry.Index == 0)
        {
            throw Corrupt(name, position, $"entry {entry.Index} cannot follow entry {_lastIndex}");
        }

        // An index that is already there truncates from there: a leader replaced what was never committed.
        var kept = (int)Math.Max(0, (long)entry.Index - 1 - (long)snapshot.Index);
        if (kept < _entries.Count)
        {
            _entries.RemoveRange(kept, _entries.Count - kept);
        }

        if (entry.Index > snapshot.Index)
        {
            _entries.Add(new RecoveredEntry(entry, payload.ToArray()));
        }

        (_lastIndex, _lastTerm) = (entry.Index, entry.Term);
        NoteTermAtSnapshot();
    }

    private void NoteTermAtSnapshot()
    {
        if (_lastIndex <= snapshot.Index)
        {
            _termAtSnapshot = _lastIndex == snapshot.Index ? _lastTerm : null;
        }
    }

    private static long? FindLaterWrite(SegmentHeader header, ReadOnlySpan<byte> bytes, int end, uint lastWrite)
    {
        for (var position = end & ~7; position + LogRecord.HeaderBytes <= bytes.Length; position += 8)
        {
            var zeros = bytes[position..].IndexOfAnyExcept((byte)0);
            if (zeros < 0)
            {
                return null;
            }

            position += zeros & ~7;
            if (LogRecord.TryRead(bytes, position, header.Number, out _, out var write, out _) && write > lastWrite + 1)
            {
                return position;
            }
        }

        return null;
    }

    private ReadOnlySpan<byte> ReadAll(ILogFile file)
    {
        var length = checked((int)file.LengthBytes);
        if (_bytes.Length < length)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(length);
        }

        return _bytes.AsSpan(0, file.Read(_bytes.AsSpan(0, length), 0));
    }

    private LogCorruptException Corrupt(string name, long position, string reason) =>
        new(Path.Combine(folder.Path, name), position, reason);
}
