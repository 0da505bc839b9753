using Google.Protobuf;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Rpc.Tests.Commit;

/// <summary>What is written and read by hand against the classes that are generated from the same .proto, both ways.</summary>
public class CommitFormatTests
{
    private const int Rounds = 1000;

    [Fact]
    public void A_block_has_the_bytes_of_the_generated_class_and_is_read_as_that_reads_it()
    {
        var random = NewRandom();
        for (var i = 0; i < Rounds; i++)
        {
            var expected = RandomBlock(random).ToByteArray();

            Assert.Equal(expected, Rewritten(expected));
        }
    }

    [Fact]
    public void Any_order_of_fields_and_fields_nobody_knows_are_read()
    {
        var random = NewRandom();
        for (var i = 0; i < Rounds; i++)
        {
            var expected = RandomBlock(random);

            // Each field is a message of its own: protobuf's messages may be put together in any order.
            var parts = expected.Batches.Select(batch => new CommitBlockRequest { Batches = { batch } }).ToList();
            parts.Insert(random.Next(parts.Count + 1), new CommitBlockRequest { WriterId = expected.WriterId });
            parts.Insert(random.Next(parts.Count + 1), new CommitBlockRequest { WriterEpoch = expected.WriterEpoch });
            parts.Insert(random.Next(parts.Count + 1), new CommitBlockRequest { SegmentId = expected.SegmentId });
            parts.Insert(random.Next(parts.Count + 1), new CommitBlockRequest { BlockSeq = expected.BlockSeq });
            parts.Insert(random.Next(parts.Count + 1), new CommitBlockRequest { PayloadPosition = expected.PayloadPosition });
            byte[] unknown = [0xA2, 0x38, 3, 1, 2, 3, 0xAD, 0x38, 1, 2, 3, 4];
            byte[] bytes = [.. unknown, .. parts.SelectMany(part => part.ToByteArray()), .. unknown];

            Assert.Equal(expected.ToByteArray(), Rewritten(bytes));
        }
    }

    [Fact]
    public void Damaged_blocks_and_replies_are_what_the_generated_classes_make_of_them_or_the_typed_error()
    {
        var random = NewRandom();
        var (read, refused) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = RandomBlock(random).ToByteArray();
            Damage(random, ref bytes);
            try
            {
                var rewritten = Rewritten(bytes);
                read++;
                Assert.Equal(WithoutUnknown(CommitBlockRequest.Parser, bytes), rewritten);
            }
            catch (RpcException e) when (e.Code == RpcStatusCode.Internal)
            {
                refused++;
            }

            var reply = RandomReply(random).ToByteArray();
            Damage(random, ref reply);
            try
            {
                CommitReplyFormat.Read(reply);
            }
            catch (RpcException e) when (e.Code == RpcStatusCode.Internal)
            {
                refused++;
            }
        }

        Assert.True(read > 1000 && refused > 1000, $"{read} were read, {refused} refused");
    }

    [Fact]
    public void Replies_are_the_same_both_ways()
    {
        var random = NewRandom();
        for (var i = 0; i < Rounds; i++)
        {
            var expected = RandomReply(random).ToByteArray();

            var outcome = CommitReplyFormat.Read(expected);
            var written = new byte[CommitReplyFormat.GetBytes(outcome)];
            CommitReplyFormat.Write(outcome, written);

            Assert.Equal(CommitBlockReply.Parser.ParseFrom(expected), CommitBlockReply.Parser.ParseFrom(written));
            Assert.Equal(expected, written);
            Assert.Equal(outcome.ToMessage(), BlockOutcome.Of(outcome.ToMessage(), outcome.BlockSeq).ToMessage());
        }
    }

    [Fact]
    public void A_command_has_the_bytes_of_the_generated_class_around_the_block()
    {
        var random = NewRandom();
        for (var i = 0; i < Rounds; i++)
        {
            var block = RandomBlock(random);
            var time = random.Next(4) == 0 ? 0 : RandomLong(random);
            var expected = new Command { TimeMs = time, CommitBlock = block }.ToByteArray();

            var request = block.ToByteArray();
            var written = new byte[CommitBlockCommand.GetBytes(time, request.Length)];
            CommitBlockCommand.Write(time, request, written);

            Assert.Equal(expected, written);
            Assert.True(CommitBlockCommand.TryRead(expected, out var readTime, out var readRequest));
            Assert.Equal(time, readTime);
            Assert.Equal(request, readRequest.ToArray());
        }
    }

    [Fact]
    public void Commands_that_are_something_else_or_more_are_left_to_the_generated_class()
    {
        var block = new Command { TimeMs = 1, CommitBlock = new CommitBlockRequest { BlockSeq = 1 } }.ToByteArray();

        Assert.False(CommitBlockCommand.TryRead(new Command { TimeMs = 1 }.ToByteArray(), out _, out _));
        Assert.False(CommitBlockCommand.TryRead(new Command { SealSegment = new SealSegmentRequest() }.ToByteArray(), out _, out _));
        Assert.False(CommitBlockCommand.TryRead([.. block, .. block], out _, out _));
        Assert.False(CommitBlockCommand.TryRead([.. block, 0xA0, 0x38, 1], out _, out _));
        Assert.False(CommitBlockCommand.TryRead([], out _, out _));
    }

    // Reads a message by hand and writes what was read by hand.
    private static byte[] Rewritten(byte[] message)
    {
        var reader = new CommitBlockReader(message);
        var batches = new List<BatchToCommit>();
        while (reader.TryReadBatch(out var batch))
        {
            batches.Add(batch);
        }

        Assert.Equal(reader.BatchCount, batches.Count);
        var block = new BlockToCommit([.. batches])
        {
            WriterId = reader.WriterId,
            WriterEpoch = reader.WriterEpoch,
            SegmentId = reader.SegmentId,
            BlockSeq = reader.BlockSeq,
            PayloadPosition = reader.PayloadPosition,
        };
        var written = new byte[CommitBlockFormat.GetBytes(block)];
        CommitBlockFormat.Write(block, written);
        return written;
    }

    private static byte[] WithoutUnknown<T>(MessageParser<T> parser, byte[] bytes)
        where T : IMessage<T> =>
        parser.WithDiscardUnknownFields(true).ParseFrom(bytes).ToByteArray();

    private static CommitBlockRequest RandomBlock(Random random)
    {
        var block = new CommitBlockRequest
        {
            WriterId = random.Next(3) == 0 ? 0 : (int)RandomLong(random),
            WriterEpoch = RandomLong(random),
            SegmentId = RandomLong(random),
            BlockSeq = RandomLong(random),
            PayloadPosition = RandomLong(random),
        };
        for (var i = random.Next(6); i > 0; i--)
        {
            block.Batches.Add(new BatchCommit
            {
                LogId = RandomLong(random),
                Position = (int)RandomLong(random),
                Length = (int)RandomLong(random),
                RecordCount = (int)RandomLong(random),
                MaxTimestamp = Signed(random),
                ProducerId = random.Next(2) == 0 ? -1 : Signed(random),
                ProducerEpoch = random.Next(2) == 0 ? -1 : (int)Signed(random),
                BaseSequence = random.Next(2) == 0 ? -1 : (int)Signed(random),
                Transactional = random.Next(2) == 0,
                TransactionalId = random.Next(3) == 0 ? new string('ß', random.Next(100)) : "",
                TransactionVersion = random.Next(3),
            });
        }

        return block;
    }

    private static CommitBlockReply RandomReply(Random random)
    {
        var reply = new CommitBlockReply
        {
            Status = (CommitStatus)random.Next(6),
            ExpectedBlockSeq = RandomLong(random),
            BlockSeq = RandomLong(random),
        };
        for (var i = random.Next(6); i > 0; i--)
        {
            reply.Results.Add(new BatchCommitResult
            {
                ErrorCode = random.Next(-1, 100),
                BaseOffset = Signed(random),
                LogStartOffset = Signed(random),
                Duplicate = random.Next(2) == 0,
            });
        }

        return reply;
    }

    private static void Damage(Random random, ref byte[] bytes)
    {
        for (var hits = random.Next(1, 4); hits > 0 && bytes.Length > 0; hits--)
        {
            if (random.Next(4) == 0)
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }
            else
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
        }
    }

    // Of any number of bits, so that every length of a varint occurs.
    private static long RandomLong(Random random) => random.NextInt64() >> random.Next(63);

    private static long Signed(Random random) => random.Next(2) == 0 ? RandomLong(random) : -RandomLong(random);

    private static Random NewRandom()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
