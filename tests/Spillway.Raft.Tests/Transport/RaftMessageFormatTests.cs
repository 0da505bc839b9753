using System.Buffers.Binary;
using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Transport;
using Xunit;

namespace Spillway.Raft.Tests.Transport;

public sealed class RaftMessageFormatTests
{
    private const ulong Epoch = 0x1122334455667788;

    // Made by an encoder that shares no code with ours, and never made again.
    private static readonly RaftMessage[] GoldenMessages =
    [
        new(RaftMessageKind.PreVote, 1, 2, 6) { Index = 41, LogTerm = 4 },
        new(RaftMessageKind.Vote, 1, 2, 6) { Index = 41, LogTerm = 4, Transfer = true },
        new(RaftMessageKind.VoteReply, 2, 1, 6) { Reject = true },
        new(RaftMessageKind.Append, 3, 1, 6)
        {
            Index = 41,
            LogTerm = 4,
            Commit = 40,
            Entries =
            [
                Entry(42, 5, 9, "alpha"u8.ToArray(), [], [.. Enumerable.Range(0, 300).Select(static i => (byte)(i % 251))]),
                Entry(43, 6, 10),
                Entry(44, 6, LogEntryType.Membership, 11, "a change"u8.ToArray()),
            ],
        },
        new(RaftMessageKind.AppendReply, 1, 3, 6) { Index = 41, Reject = true, HintIndex = 37, HintTerm = 3 },
        new(RaftMessageKind.Heartbeat, 3, 1, 6) { Commit = 43, Read = new ReadId(3, Epoch, 77) },
        new(RaftMessageKind.HeartbeatReply, 1, 3, 6) { Read = new ReadId(3, Epoch, 77) },
        new(RaftMessageKind.SnapshotOffer, 3, 2, 6) { Index = 41, LogTerm = 4 },
        new(RaftMessageKind.TimeoutNow, 3, 1, 6),
    ];

    public static TheoryData<string, Action<byte[]>> Faults => new()
    {
        { "its length is wrong", static frame => frame[0]++ },
        { "its version 2 is not known", static frame => frame[8] = 2 },
        { "its kind 0 is not known", static frame => frame[9] = 0 },
        { "its kind 11 is not known", static frame => frame[9] = 11 },
        { "it has unknown flags", static frame => frame[10] = 4 },
        { "it has unknown flags", static frame => frame[11] = 1 },
        { "it goes from node 0 to node 1", static frame => Put(frame, 16, 0) },
        { "it goes from node 3 to node 0", static frame => Put(frame, 24, 0) },
        { "it goes from node 3 to node 3", static frame => Put(frame, 24, 3) },
        { "a term or an index is out of range", static frame => Put(frame, 32, 1UL << 63) },
        { "a term or an index is out of range", static frame => Put(frame, 40, ulong.MaxValue) },
        { "a term or an index is out of range", static frame => Put(frame, 48, 1UL << 63) },
        { "a term or an index is out of range", static frame => Put(frame, 56, 1UL << 63) },
        { "a term or an index is out of range", static frame => Put(frame, 64, 1UL << 63) },
        { "a term or an index is out of range", static frame => Put(frame, 72, 1UL << 63) },
        { "it has no term", static frame => Put(frame, 32, 0) },
        { "it names an entry 41 of term 0", static frame => Put(frame, 48, 0) },
        { "it names an entry 0 of term 4", static frame => Put(frame, 40, 0) },
        { "it names an entry of term 7 in term 6", static frame => Put(frame, 48, 7) },
        { "it offers no snapshot", static frame => (frame[9], frame[40], frame[48]) = (9, 0, 0) },
        { "a message of kind Heartbeat has no entries", static frame => frame[9] = 7 },
        { "0 entries do not fit", static frame => frame[12] = 0 },
        { "-1 entries do not fit", static frame => frame.AsSpan(12, 4).Fill(255) },
        { "2147483647 entries do not fit", static frame => Put32(frame, 12, int.MaxValue) },
        { "there are bytes behind the last entry", static frame => frame[12] = 2 },
        { "entry 42 overruns the message", static frame => Put32(frame, EntryAt, 47) },
        { "entry 42 overruns the message", static frame => Put32(frame, EntryAt, frame.Length) },
        { "entry 42 overruns the message", static frame => Put32(frame, EntryAt, -1) },
        { "the commands of entry 42 do not fill it", static frame => Put32(frame, EntryAt + 4 + 20, 2) },
        { "the commands of entry 42 do not fill it", static frame => Put32(frame, EntryAt + 4 + 20, -1) },
        { "entry 43 of term 5 follows entry 41 of term 4", static frame => Put(frame, EntryAt + 4, 43) },
        { "entry 42 of term 3 follows entry 41 of term 4", static frame => Put(frame, EntryAt + 12, 3) },
        { "entry 42 of term 7 follows entry 41 of term 4", static frame => Put(frame, EntryAt + 12, 7) },
        { "entry 42 has type 3 with 3 commands", static frame => frame[EntryAt + 4 + 16] = 3 },
        { "entry 42 has type 2 with 3 commands", static frame => frame[EntryAt + 4 + 16] = 2 },
    };

    private static int EntryAt => RaftMessageFormat.HeaderBytes;

    [Fact]
    public void The_golden_messages_read_as_they_were_meant_and_are_written_as_they_were()
    {
        var golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "messages-v1.golden"));

        var position = 0;
        foreach (var expected in GoldenMessages)
        {
            Assert.True(RaftMessageFormat.TryReadLength(golden.AsSpan(position), golden.Length, out var length));
            var frame = golden.AsSpan(position, length);
            AssertSame(expected, RaftMessageFormat.Read(frame, out _));
            Assert.Equal(frame.ToArray(), FrameOf(expected));
            position += length;
        }

        Assert.Equal(golden.Length, position);
    }

    [Fact]
    public void Whatever_a_node_sends_arrives_as_it_was()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var message = RandomMessage(random);
            AssertSame(message, RaftMessageFormat.Read(FrameOf(message), out var reason));
            Assert.Equal("", reason);
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_frame_that_no_sound_node_sends_is_refused_whatever_its_checksum(string reason, Action<byte[]> damage)
    {
        var frame = FrameOf(GoldenMessages[3]);

        damage(frame);
        Seal(frame);

        Assert.Null(RaftMessageFormat.Read(frame, out var found));
        Assert.Equal(reason, found);
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        foreach (var message in GoldenMessages)
        {
            var frame = FrameOf(message);
            for (var bit = 0; bit < frame.Length * 8; bit++)
            {
                frame[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Null(RaftMessageFormat.Read(frame, out _));
                frame[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public void Every_shortened_or_lengthened_frame_is_refused()
    {
        var frame = FrameOf(GoldenMessages[3]);

        for (var length = 0; length < frame.Length; length++)
        {
            Assert.Null(RaftMessageFormat.Read(frame.AsSpan(0, length), out _));
        }

        Assert.Null(RaftMessageFormat.Read([.. frame, 0], out _));
    }

    /// <summary>
    /// Bytes are changed and the checksum is made to fit, as by a peer that means harm: what passes all the same must
    /// hold together, since the core relies on it.
    /// </summary>
    [Fact]
    public void A_damaged_frame_with_a_fitting_checksum_is_refused_or_still_sound()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 20_000; i++)
        {
            var frame = FrameOf(RandomMessage(random));
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                frame[random.Next(4, frame.Length)] = (byte)random.Next(256);
            }

            Seal(frame);
            if (RaftMessageFormat.Read(frame, out _) is { } message)
            {
                AssertSound(message);
                Assert.Equal(frame, FrameOf(message));
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(103, false)]
    [InlineData(104, true)]
    [InlineData(1 << 20, true)]
    [InlineData((1 << 20) + 1, false)]
    [InlineData(-1, false)]
    [InlineData(int.MinValue, false)]
    public void A_length_is_bounded_before_anything_is_read(int length, bool allowed)
    {
        var prefix = BitConverter.GetBytes(length);

        Assert.Equal(allowed, RaftMessageFormat.TryReadLength(prefix, 1 << 20, out _));
    }

    [Fact]
    public void A_node_without_a_term_may_answer()
    {
        var reply = new RaftMessage(RaftMessageKind.PreVoteReply, 1, 2, 0) { Reject = true };

        AssertSame(reply, RaftMessageFormat.Read(FrameOf(reply), out _));
    }

    private static void AssertSound(RaftMessage message)
    {
        Assert.InRange(message.Kind, RaftMessageKind.PreVote, RaftMessageKind.TimeoutNow);
        Assert.NotEqual(message.From, message.To);
        Assert.True(message.Index <= long.MaxValue && message.Term <= long.MaxValue);
        var (index, term) = (message.Index, message.LogTerm);
        foreach (var entry in message.Entries)
        {
            Assert.Equal(RaftMessageKind.Append, message.Kind);
            Assert.True(LogEntryHeader.TryRead(entry.Payload.Span, out var header));
            Assert.Equal((entry.Index, entry.Term, entry.Type), (header.Index, header.Term, header.Type));
            Assert.Equal(index + 1, entry.Index);
            Assert.InRange(entry.Term, Math.Max(term, 1), message.Term);
            (index, term) = (entry.Index, entry.Term);
        }
    }

    private static void AssertSame(RaftMessage expected, RaftMessage? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected with { Entries = [] }, actual with { Entries = [] });
        Assert.Equal(expected.Entries.Count, actual.Entries.Count);
        foreach (var (one, other) in expected.Entries.Zip(actual.Entries))
        {
            Assert.Equal((one.Index, one.Term, one.Type), (other.Index, other.Term, other.Type));
            Assert.Equal(one.Payload.Span, other.Payload.Span);
        }
    }

    private static byte[] FrameOf(RaftMessage message)
    {
        var frame = new byte[RaftMessageFormat.BytesOf(message)];
        RaftMessageFormat.Write(message, frame);
        return frame;
    }

    private static RaftMessage RandomMessage(Random random)
    {
        var kind = (RaftMessageKind)random.Next((int)RaftMessageKind.PreVote, (int)RaftMessageKind.TimeoutNow + 1);
        var term = (ulong)random.NextInt64(1, long.MaxValue);
        var index = (ulong)random.NextInt64(1, long.MaxValue - 100);
        var logTerm = (ulong)random.NextInt64(1, (long)Math.Min(term, 1_000_000_000) + 1);
        return new RaftMessage(kind, 1 + (ulong)random.Next(5), 100, term)
        {
            Index = index,
            LogTerm = logTerm,
            Commit = (ulong)random.NextInt64(),
            Reject = random.Next(2) == 0,
            Transfer = random.Next(2) == 0,
            HintIndex = (ulong)random.NextInt64(),
            HintTerm = (ulong)random.NextInt64(),
            Read = new ReadId(3, (ulong)random.NextInt64(), (ulong)random.NextInt64()),
            Entries = kind == RaftMessageKind.Append ? RandomEntries(random, index, logTerm, term) : [],
        };
    }

    private static RaftEntry[] RandomEntries(Random random, ulong index, ulong firstTerm, ulong lastTerm)
    {
        var entries = new RaftEntry[random.Next(5)];
        for (var i = 0; i < entries.Length; i++)
        {
            var commands = new byte[random.Next(4)][];
            for (var j = 0; j < commands.Length; j++)
            {
                commands[j] = new byte[random.Next(300)];
                random.NextBytes(commands[j]);
            }

            entries[i] = Entry(++index, i < entries.Length / 2 ? firstTerm : lastTerm, (ulong)random.NextInt64(), commands);
        }

        return entries;
    }

    private static RaftEntry Entry(ulong index, ulong term, ulong tag, params byte[][] commands) =>
        Entry(index, term, LogEntryType.Commands, tag, commands);

    private static RaftEntry Entry(ulong index, ulong term, LogEntryType type, ulong tag, params byte[][] commands)
    {
        var payload = new byte[LogEntryHeader.Bytes + commands.Sum(static command => sizeof(int) + command.Length)];
        new LogEntryHeader(index, term, type, commands.Length, 3, Epoch, tag).WriteTo(payload);
        var rest = payload.AsSpan(LogEntryHeader.Bytes);
        foreach (var command in commands)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, command.Length);
            command.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + command.Length)..];
        }

        return new RaftEntry(index, term, type, payload);
    }

    private static void Seal(byte[] frame) =>
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), Crc32C.Compute(frame.AsSpan(8)));

    private static void Put(byte[] frame, int position, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(position), value);

    private static void Put32(byte[] frame, int position, int value) =>
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(position), value);
}
