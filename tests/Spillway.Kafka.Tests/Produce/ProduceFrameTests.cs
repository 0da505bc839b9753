using System.Buffers;
using System.Text;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Produce;
using Spillway.Kafka.Tests.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Produce;

/// <summary>What is read and written by hand against the classes that are generated from the same schema, in every version.</summary>
public sealed class ProduceFrameTests(ITestOutputHelper output)
{
    private static readonly MessageType Requests = MessageType.Find("ProduceRequest");

    public static TheoryData<short> Versions => [.. Requests.Versions];

    [Theory]
    [MemberData(nameof(Versions))]
    public void What_the_generated_classes_write_is_read_the_same_by_hand(short version)
    {
        var random = NewRandom();
        var messages = new RandomMessages(random);
        var read = new ProduceRequestFrame();
        for (var i = 0; i < 300; i++)
        {
            var frame = Frame(random, (ProduceRequest)messages.Make(Requests, version), version);

            read.Read(frame, version);

            AssertSame(frame, version, read);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void What_the_generated_classes_refuse_is_refused_by_hand_and_nothing_else(short version)
    {
        var random = NewRandom();
        var messages = new RandomMessages(random);
        var read = new ProduceRequestFrame();
        var (taken, refused) = (0, 0);
        for (var i = 0; i < 200; i++)
        {
            var frame = Frame(random, (ProduceRequest)messages.Make(Requests, version), version);
            for (var j = 0; j < 20; j++)
            {
                var mutant = HostileInputTests.Mutate(random, frame);
                var expected = TryRead(() => ReadGenerated(mutant, version));
                var actual = TryRead(() => read.Read(mutant, version));

                Assert.Equal(expected?.Reason, actual?.Reason);
                Assert.Equal(expected?.Message, actual?.Message);
                if (expected is null)
                {
                    AssertSame(mutant, version, read);
                    taken++;
                }
                else
                {
                    refused++;
                }
            }
        }

        output.WriteLine($"{taken} read, {refused} refused");
        Assert.True(taken > 50 && refused > 50);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_response_written_by_hand_has_the_bytes_of_the_generated_one(short version)
    {
        var random = NewRandom();
        var messages = new RandomMessages(random);
        var read = new ProduceRequestFrame();
        for (var i = 0; i < 300; i++)
        {
            read.Read(Frame(random, (ProduceRequest)messages.Make(Requests, version), version), version);
            var results = new ProducePartitionResult[read.Partitions.Length];
            for (var j = 0; j < results.Length; j++)
            {
                results[j] = new ProducePartitionResult
                {
                    Index = read.Partitions[j].Index,
                    ErrorCode = (short)random.Next(-1, 100),
                    BaseOffset = random.NextInt64(-1, long.MaxValue),
                    LogAppendTimeMs = random.NextInt64(-1, long.MaxValue),
                    LogStartOffset = random.NextInt64(-1, long.MaxValue),
                    ErrorMessage = random.Next(3) == 0 ? new string('ß', random.Next(200)) : null,
                    RecordErrors = random.Next(3) == 0 ? [.. Enumerable.Range(0, random.Next(200))] : null,
                };
            }

            var written = new ArrayBufferWriter<byte>();
            var writtenBytes = ProduceResponseFrame.Write(written, read, results);

            var expected = new ArrayBufferWriter<byte>();
            ResponseFrame.Write(expected, ApiKey.Produce, version, read.CorrelationId, Response(read, results));
            Assert.Equal(expected.WrittenSpan.ToArray(), written.WrittenSpan.ToArray());
            Assert.Equal(written.WrittenCount, writtenBytes);
        }
    }

    [Fact]
    public void Reading_and_answering_again_and_again_allocates_nothing()
    {
        const short version = 9;
        var request = new ProduceRequest { Acks = -1, TransactionalId = "tx" };
        request.TopicData.Add(new() { Name = "topic", PartitionData = [new() { Records = new(new byte[100]) }] });
        var frame = Frame(new Random(1), request, version);
        var read = new ProduceRequestFrame();
        var results = new ProducePartitionResult[1];
        var written = new ArrayBufferWriter<byte>(1024);

        var before = 0L;
        for (var i = 0; i < 300; i++)
        {
            before = i == 200 ? GC.GetAllocatedBytesForCurrentThread() : before;
            read.Read(frame, version);
            written.ResetWrittenCount();
            ProduceResponseFrame.Write(written, read, results);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] Frame(Random random, ProduceRequest request, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var clientId = random.Next(5) == 0 ? null : new string('é', random.Next(20));
        RequestFrame.Write(output, ApiKey.Produce, version, random.Next(), clientId, request);
        return output.WrittenSpan[4..].ToArray();
    }

    private static (RequestHeader Header, ProduceRequest Request) ReadGenerated(byte[] frame, short version)
    {
        var reader = new WireReader(frame);
        var header = RequestHeader.Read(ref reader, MessageCatalog.RequestHeaderVersion(ApiKey.Produce, version));
        return (header, ProduceRequest.Read(ref reader, version));
    }

    private static MalformedMessageException? TryRead(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (MalformedMessageException e)
        {
            return e;
        }
    }

    private static void AssertSame(byte[] frame, short version, ProduceRequestFrame read)
    {
        var (header, request) = ReadGenerated(frame, version);
        Assert.Equal(version, read.Version);
        Assert.Equal(header.CorrelationId, read.CorrelationId);
        Assert.Equal(header.ClientId, Text(read.ClientId));
        Assert.Equal(request.TransactionalId, Text(read.TransactionalId));
        Assert.Equal((request.Acks, request.TimeoutMs), (read.Acks, read.TimeoutMs));
        Assert.Equal(
            request.TopicData.Select(topic => (topic.Name, topic.TopicId, topic.PartitionData.Count)),
            read.Topics.ToArray().Select(topic => (Text(topic.Name)!, topic.TopicId, topic.PartitionCount)));
        Assert.Equal(
            request.TopicData.SelectMany(topic => topic.PartitionData)
                .Select(partition => (partition.Index, partition.Records is { } records ? Convert.ToHexString(records.ToArray()) : null)),
            read.Partitions.ToArray()
                .Select(partition => (partition.Index, partition.Records is { } records ? Convert.ToHexString(records.Span) : null)));
    }

    private static ProduceResponse Response(ProduceRequestFrame request, ProducePartitionResult[] results)
    {
        var response = new ProduceResponse();
        var next = 0;
        foreach (var topic in request.Topics)
        {
            var answered = new ProduceResponse.TopicProduceResponse { Name = Text(topic.Name)!, TopicId = topic.TopicId };
            for (var i = 0; i < topic.PartitionCount; i++)
            {
                var result = results[next++];
                answered.PartitionResponses.Add(new()
                {
                    Index = result.Index,
                    ErrorCode = result.ErrorCode,
                    BaseOffset = result.BaseOffset,
                    LogAppendTimeMs = result.LogAppendTimeMs,
                    LogStartOffset = result.LogStartOffset,
                    ErrorMessage = result.ErrorMessage,
                    RecordErrors =
                    [
                        .. (result.RecordErrors ?? []).Select(static index => new ProduceResponse.BatchIndexAndErrorMessage { BatchIndex = index }),
                    ],
                });
            }

            response.Responses.Add(answered);
        }

        return response;
    }

    private static string? Text(ReadOnlyMemory<byte>? utf8) => utf8 is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    private Random NewRandom()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
