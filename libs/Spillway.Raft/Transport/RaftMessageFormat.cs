using System.Buffers.Binary;
using Spillway.Raft.Core;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Transport;

/// <summary>
/// One message of the consensus as bytes (docs/formats/raft-messages.md): frame length u32 · CRC-32C of what follows u32 ·
/// version u8 · kind u8 · flags u8 · zero u8 · entry count u32 · from, to, term, index, log term, commit, hint index,
/// hint term, read round's node id, process epoch and counter u64 each · per entry its length u32 and its payload.
/// What is read here comes from the network: all of it is checked before the core sees any of it.
/// </summary>
internal static class RaftMessageFormat
{
    public const byte Version = 1;

    /// <summary>The length in front of everything: how many bytes a frame has, itself included.</summary>
    public const int LengthBytes = sizeof(uint);

    /// <summary>Bytes of a message without entries.</summary>
    public const int HeaderBytes = 104;

    /// <summary>An index or term past this is not one that counting up has reached: nothing overflows behind the check.</summary>
    private const ulong NumberMax = long.MaxValue;

    private const int CheckedPosition = 8;
    private const byte RejectFlag = 1;
    private const byte TransferFlag = 2;

    /// <summary>How many bytes <see cref="Write"/> takes.</summary>
    public static int BytesOf(RaftMessage message)
    {
        var bytes = HeaderBytes;
        var entries = message.Entries;
        for (var i = 0; i < entries.Count; i++)
        {
            bytes = checked(bytes + sizeof(uint) + entries[i].Payload.Length);
        }

        return bytes;
    }

    /// <summary>Writes a message of <paramref name="frame"/>'s length, which is <see cref="BytesOf"/> it.</summary>
    public static void Write(RaftMessage message, Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length);
        frame[8] = Version;
        frame[9] = (byte)message.Kind;
        frame[10] = (byte)((message.Reject ? RejectFlag : 0) | (message.Transfer ? TransferFlag : 0));
        frame[11] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], message.Entries.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[16..], message.From);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[24..], message.To);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[32..], message.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[40..], message.Index);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[48..], message.LogTerm);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[56..], message.Commit);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[64..], message.HintIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[72..], message.HintTerm);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[80..], message.Read.NodeId);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[88..], message.Read.ProcessEpoch);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[96..], message.Read.Counter);
        var position = HeaderBytes;
        for (var i = 0; i < message.Entries.Count; i++)
        {
            var payload = message.Entries[i].Payload.Span;
            BinaryPrimitives.WriteInt32LittleEndian(frame[position..], payload.Length);
            position += sizeof(uint);
            payload.CopyTo(frame[position..]);
            position += payload.Length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Crc32C.Compute(frame[CheckedPosition..]));
    }

    /// <summary>How long the frame that begins like this is; false where that is less than a message or more than allowed.</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> prefix, int frameBytesMax, out int frameBytes)
    {
        frameBytes = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        return frameBytes >= HeaderBytes && frameBytes <= frameBytesMax;
    }

    /// <summary>Reads one whole frame; null with the reason when it is not a message that a sound node sends.</summary>
    public static RaftMessage? Read(ReadOnlySpan<byte> frame, out string reason)
    {
        reason = FindFault(frame);
        if (reason.Length > 0)
        {
            return null;
        }

        var message = new RaftMessage(
            (RaftMessageKind)frame[9],
            BinaryPrimitives.ReadUInt64LittleEndian(frame[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(frame[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(frame[32..]))
        {
            Index = BinaryPrimitives.ReadUInt64LittleEndian(frame[40..]),
            LogTerm = BinaryPrimitives.ReadUInt64LittleEndian(frame[48..]),
            Commit = BinaryPrimitives.ReadUInt64LittleEndian(frame[56..]),
            HintIndex = BinaryPrimitives.ReadUInt64LittleEndian(frame[64..]),
            HintTerm = BinaryPrimitives.ReadUInt64LittleEndian(frame[72..]),
            Read = new ReadId(
                BinaryPrimitives.ReadUInt64LittleEndian(frame[80..]),
                BinaryPrimitives.ReadUInt64LittleEndian(frame[88..]),
                BinaryPrimitives.ReadUInt64LittleEndian(frame[96..])),
            Reject = (frame[10] & RejectFlag) != 0,
            Transfer = (frame[10] & TransferFlag) != 0,
        };

        reason = FindFault(message);
        if (reason.Length > 0)
        {
            return null;
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(frame[12..]);
        if (count == 0 && frame.Length == HeaderBytes)
        {
            return message;
        }

        reason = ReadEntries(frame[HeaderBytes..], count, message, out var entries);
        return reason.Length == 0 ? message with { Entries = entries } : null;
    }

    private static string FindFault(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < HeaderBytes || BinaryPrimitives.ReadInt32LittleEndian(frame) != frame.Length)
        {
            return "its length is wrong";
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) != Crc32C.Compute(frame[CheckedPosition..]))
        {
            return "its checksum is wrong";
        }

        if (frame[8] != Version)
        {
            return $"its version {frame[8]} is not known";
        }

        if (frame[9] is < (byte)RaftMessageKind.PreVote or > (byte)RaftMessageKind.TimeoutNow)
        {
            return $"its kind {frame[9]} is not known";
        }

        return (frame[10] & ~(RejectFlag | TransferFlag)) != 0 || frame[11] != 0 ? "it has unknown flags" : "";
    }

    private static string FindFault(RaftMessage message)
    {
        if (message.From == 0 || message.To == 0 || message.From == message.To)
        {
            return $"it goes from node {message.From} to node {message.To}";
        }

        if (message.Term > NumberMax || message.Index > NumberMax || message.LogTerm > NumberMax
            || message.Commit > NumberMax || message.HintIndex > NumberMax || message.HintTerm > NumberMax)
        {
            return "a term or an index is out of range";
        }

        // A node that has just joined answers in term 0; nobody asks, leads or offers in it.
        if (message.Term == 0 && !IsReply(message.Kind))
        {
            return "it has no term";
        }

        var namesAnEntry = message.Kind is RaftMessageKind.PreVote or RaftMessageKind.Vote
            or RaftMessageKind.Append or RaftMessageKind.SnapshotOffer;
        if (namesAnEntry && (message.Index == 0) != (message.LogTerm == 0))
        {
            return $"it names an entry {message.Index} of term {message.LogTerm}";
        }

        if (namesAnEntry && message.LogTerm > message.Term)
        {
            return $"it names an entry of term {message.LogTerm} in term {message.Term}";
        }

        return message.Kind == RaftMessageKind.SnapshotOffer && message.Index == 0 ? "it offers no snapshot" : "";
    }

    private static bool IsReply(RaftMessageKind kind) => kind is RaftMessageKind.PreVoteReply
        or RaftMessageKind.VoteReply or RaftMessageKind.AppendReply or RaftMessageKind.HeartbeatReply;

    private static string ReadEntries(ReadOnlySpan<byte> bytes, int count, RaftMessage message, out RaftEntry[] entries)
    {
        entries = [];
        if (message.Kind != RaftMessageKind.Append)
        {
            return $"a message of kind {message.Kind} has no entries";
        }

        if (count <= 0 || count > bytes.Length / (sizeof(uint) + LogEntryHeader.Bytes))
        {
            return $"{count} entries do not fit";
        }

        entries = new RaftEntry[count];
        var (index, term) = (message.Index, message.LogTerm);
        foreach (ref var entry in entries.AsSpan())
        {
            var length = bytes.Length < sizeof(uint) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (length < LogEntryHeader.Bytes || length > bytes.Length - sizeof(uint))
            {
                return $"entry {index + 1} overruns the message";
            }

            var payload = bytes.Slice(sizeof(uint), length);
            if (!LogEntryHeader.TryRead(payload, out var header))
            {
                return $"the commands of entry {index + 1} do not fill it";
            }

            // The chain: without a gap behind the entry that the message names, in terms that never fall.
            if (header.Index != index + 1 || header.Term == 0 || header.Term < term || header.Term > message.Term)
            {
                return $"entry {header.Index} of term {header.Term} follows entry {index} of term {term}";
            }

            if (header.Type is not (LogEntryType.Commands or LogEntryType.Membership)
                || (header.Type == LogEntryType.Membership && header.CommandCount != 1))
            {
                return $"entry {header.Index} has type {(byte)header.Type} with {header.CommandCount} commands";
            }

            (index, term) = (header.Index, header.Term);
            entry = new RaftEntry(index, term, header.Type, payload.ToArray());
            bytes = bytes[(sizeof(uint) + length)..];
        }

        return bytes.IsEmpty ? "" : "there are bytes behind the last entry";
    }
}
