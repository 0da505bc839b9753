using System.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

public sealed class UnwritableMessageTests
{
    [Fact]
    public void A_field_that_the_version_lacks_and_may_not_drop_is_refused()
    {
        var request = new JoinGroupRequest { GroupInstanceId = "i" };

        AssertRefused(request, 4, "JoinGroupRequest.GroupInstanceId");
        Assert.NotEmpty(request.ToBytes(5));
    }

    [Fact]
    public void An_ignorable_field_that_the_version_lacks_is_dropped()
    {
        var request = new FetchRequest { RackId = "az1" };

        Assert.Equal(new FetchRequest().ToBytes(10), request.ToBytes(10));
        Assert.NotEqual(new FetchRequest().ToBytes(11), request.ToBytes(11));
    }

    [Fact]
    public void A_null_that_the_version_cannot_say_is_refused()
    {
        var request = new MetadataRequest { Topics = null };

        AssertRefused(request, 0, "MetadataRequest.Topics");
        Assert.NotEmpty(request.ToBytes(1));
    }

    [Fact]
    public void A_tagged_structure_that_the_version_lacks_is_refused()
    {
        var response = new FetchResponse
        {
            Responses =
            [
                new()
                {
                    Partitions = [new() { CurrentLeader = new() { LeaderId = 1 }, Records = ReadOnlySequence<byte>.Empty }],
                },
            ],
        };

        AssertRefused(response, 11, "FetchResponse.PartitionData.CurrentLeader");
        Assert.NotEmpty(response.ToBytes(12));
    }

    [Fact]
    public void A_version_outside_the_range_is_refused()
    {
        AssertRefused(new ProduceRequest(), 2, "ProduceRequest");
        AssertRefused(new ProduceRequest(), 14, "ProduceRequest");
    }

    [Fact]
    public void A_string_past_the_protocols_limit_is_refused()
    {
        var request = new MetadataRequest { Topics = [new() { Name = new string('x', 32768) }] };

        Assert.Throws<UnwritableMessageException>(() => request.Size(9));
        Assert.Throws<UnwritableMessageException>(() => request.ToBytes(9));
        request.Topics[0].Name = new string('x', 32767);
        Assert.Equal(request.Size(9), request.ToBytes(9).Length);
    }

    [Fact]
    public void A_refused_frame_leaves_the_output_as_it_was()
    {
        var output = new ArrayBufferWriter<byte>();

        Assert.Throws<UnwritableMessageException>(() => ResponseFrame.Write(
            output, ApiKey.FindCoordinator, 4, 1, new FindCoordinatorResponse { Host = "h" }));

        Assert.Equal(0, output.WrittenCount);
    }

    private static void AssertRefused(IKafkaMessage message, short version, string field)
    {
        Assert.Contains(field, Assert.Throws<UnwritableMessageException>(() => message.Size(version)).Message, StringComparison.Ordinal);
        Assert.Contains(field, Assert.Throws<UnwritableMessageException>(() => message.ToBytes(version)).Message, StringComparison.Ordinal);
    }
}
