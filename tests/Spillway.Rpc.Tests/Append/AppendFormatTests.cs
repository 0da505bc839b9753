using Google.Protobuf;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;

namespace Spillway.Rpc.Tests.Append;

/// <summary>The formats that are written by hand against the classes that are generated from the same .proto, both ways.</summary>
public class AppendFormatTests
{
    private const int Seed = 4711;

    [Fact]
    public void What_we_write_as_a_request_is_what_the_generated_class_reads_and_writes()
    {
        var random = NewRandom();
        for (var i = 0; i < 500; i++)
        {
            var expected = RandomRequest(random);
            var (id, request) = AppendRequestFormat.Read(Rented(expected.ToByteArray()));

            var written = Written(id, request);

            Assert.Equal(expected, Wal.AppendRequest.Parser.ParseFrom(written));
            Assert.Equal(expected.ToByteArray(), written);
        }
    }

    [Fact]
    public void What_the_generated_class_writes_as_a_request_is_read_with_its_batches_in_place()
    {
        var random = NewRandom();
        for (var i = 0; i < 500; i++)
        {
            var expected = RandomRequest(random);
            var message = Rented(expected.ToByteArray());

            var (id, request) = AppendRequestFormat.Read(message);

            Assert.Equal(expected.Id, id);
            Assert.Equal(expected.TransactionalId, request.TransactionalId ?? "");
            Assert.Equal(expected.TransactionVersion, request.TransactionVersion);
            Assert.Equal(expected.Batches.Select(batch => batch.LogId), request.Batches.Select(batch => batch.LogId.Value));
            Assert.Equal(expected.Payload.ToByteArray(), request.Batches.SelectMany(batch => batch.Batch.ToArray()));
            // The batches are slices of the message, not copies.
            Assert.All(request.Batches, batch => Assert.True(message.Memory.Span.Overlaps(batch.Batch.Span) || batch.Batch.IsEmpty));
        }
    }

    [Fact]
    public void Replies_are_the_same_both_ways()
    {
        var random = NewRandom();
        for (var i = 0; i < 500; i++)
        {
            var expected = RandomReply(random);
            var results = new List<BatchAppendResult>();
            var (id, error) = AppendReplyFormat.Read(expected.ToByteArray(), results);

            var written = new byte[AppendReplyFormat.GetBytes(id, error, [.. results])];
            AppendReplyFormat.Write(id, error, [.. results], written);

            Assert.Equal(expected, Wal.AppendReply.Parser.ParseFrom(written));
            Assert.Equal(expected.ToByteArray(), written);
        }
    }

    [Fact]
    public void A_payload_before_its_batches_and_fields_nobody_knows_are_read()
    {
        var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(5, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(1, 2, 3));
            output.WriteTag(900, WireFormat.WireType.Fixed64);
            output.WriteFixed64(1);
            output.WriteTag(901, WireFormat.WireType.Fixed32);
            output.WriteFixed32(1);
            output.WriteTag(902, WireFormat.WireType.LengthDelimited);
            output.WriteString("later");
            output.WriteTag(4, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(new Wal.AppendBatch { LogId = 8, Length = 3 }.ToByteString());
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteUInt64(ulong.MaxValue);
        }

        var (id, request) = AppendRequestFormat.Read(Rented(bytes.ToArray()));

        Assert.Equal(ulong.MaxValue, id);
        Assert.Equal(new LogId(8), Assert.Single(request.Batches).LogId);
        Assert.Equal([1, 2, 3], request.Batches[0].Batch.ToArray());
    }

    [Theory]
    [InlineData(4, 3)]
    [InlineData(2, 3)]
    [InlineData(-1, 3)]
    [InlineData(int.MaxValue, 3)]
    [InlineData(1, 0)]
    public void Lengths_that_do_not_add_up_to_the_payload_are_refused(int length, int payloadBytes)
    {
        var request = new Wal.AppendRequest { Id = 1, Payload = ByteString.CopyFrom(new byte[payloadBytes]) };
        request.Batches.Add(new Wal.AppendBatch { LogId = 1, Length = length });

        var failure = Assert.Throws<RpcException>(() => AppendRequestFormat.Read(Rented(request.ToByteArray())));

        Assert.Equal(RpcStatusCode.Internal, failure.Code);
    }

    [Fact]
    public void Damaged_messages_give_the_typed_error_or_a_message_and_nothing_else()
    {
        var random = NewRandom();
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var request = RandomRequest(random).ToByteArray();
            var reply = RandomReply(random).ToByteArray();
            Damage(random, ref request);
            Damage(random, ref reply);
            try
            {
                AppendReplyFormat.Read(reply, []);
                using var message = Rented(request);
                AppendRequestFormat.Read(message);
            }
            catch (RpcException e) when (e.Code == RpcStatusCode.Internal)
            {
                refused++;
            }
        }
        Assert.True(refused > 1000, $"only {refused} were refused");
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

    private static Random NewRandom()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        return new Random(Seed);
    }

    private static SharedBuffer Rented(byte[] bytes)
    {
        var buffer = new BufferPool(0).Rent(bytes.Length);
        bytes.CopyTo(buffer.Memory);
        return buffer;
    }

    private static byte[] Written(ulong id, Rpc.Append.AppendRequest request)
    {
        var header = new byte[AppendRequestFormat.GetHeaderBytes(id, request)];
        AppendRequestFormat.WriteHeader(id, request, header);
        return [.. header, .. request.Batches.SelectMany(batch => batch.Batch.ToArray())];
    }

    private static Wal.AppendRequest RandomRequest(Random random)
    {
        var request = new Wal.AppendRequest
        {
            Id = (ulong)RandomLong(random),
            TransactionalId = random.Next(2) == 0 ? "" : "tx-ü-" + random.Next(),
            TransactionVersion = random.Next(3),
        };
        var lengthBytes = 0;
        for (var i = random.Next(6); i > 0; i--)
        {
            var batch = new Wal.AppendBatch { LogId = RandomLong(random), Length = random.Next(300) };
            lengthBytes += batch.Length;
            request.Batches.Add(batch);
        }
        var payload = new byte[lengthBytes];
        random.NextBytes(payload);
        request.Payload = ByteString.CopyFrom(payload);
        return request;
    }

    private static Wal.AppendReply RandomReply(Random random)
    {
        var reply = new Wal.AppendReply { Id = (ulong)RandomLong(random) };
        if (random.Next(4) == 0)
        {
            reply.ErrorCode = (int)ErrorCode.KafkaStorageError;
            return reply;
        }
        for (var i = random.Next(6); i > 0; i--)
        {
            reply.Results.Add(new Wal.BatchResult
            {
                ErrorCode = random.Next(-1, 100),
                BaseOffset = random.Next(3) == 0 ? -1 : RandomLong(random),
                LogStartOffset = RandomLong(random),
                ErrorMessage = random.Next(3) == 0 ? "größer" : "",
                Duplicate = random.Next(2) == 0,
            });
        }
        return reply;
    }

    // Of any number of bits, so that every length of a varint occurs.
    private static long RandomLong(Random random) => random.NextInt64() >> random.Next(63);
}
