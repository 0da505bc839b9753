using System.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

public sealed class TaggedFieldTests
{
    [Fact]
    public void Unknown_tags_are_skipped_at_every_level()
    {
        // Metadata v12, one topic: id, name, tag 77 of 2 bytes; the flags; tags 5 (empty) and 300 of 1 byte.
        var bytes = Convert.FromHexString(
            "02" + new string('0', 32) + "0274" + "014D02ABCD" + "0100" + "02" + "0500" + "AC0201FF");

        var request = (MetadataRequest)MessageType.Find("MetadataRequest").ReadAll(bytes, 12);

        Assert.Equal("t", Assert.Single(request.Topics!).Name);
        Assert.True(request.AllowAutoTopicCreation);
        Assert.False(request.IncludeTopicAuthorizedOperations);
    }

    [Fact]
    public void Unknown_tags_between_known_ones_are_skipped()
    {
        var known = new FetchRequest { ClusterId = "c", ReplicaStateValue = new() { ReplicaId = 5, ReplicaEpoch = 6 } };
        var bytes = known.ToBytes(15);

        // The section is at the end: 2 tags, 0 with "c", 1 with the replica state. A third, 9, follows.
        var section = bytes.AsSpan(bytes.Length - 20).ToArray();
        Assert.Equal("0200020263010D000000050000000000000006" + "00", Convert.ToHexString(section));
        byte[] more = [.. bytes[..^20], 3, .. section[1..], 9, 3, 1, 2, 3];

        var request = (FetchRequest)MessageType.Find("FetchRequest").ReadAll(more, 15);

        Assert.Equal("c", request.ClusterId);
        Assert.Equal(6, request.ReplicaStateValue.ReplicaEpoch);
    }

    [Fact]
    public void A_tag_that_the_version_does_not_have_is_unknown()
    {
        // Tag 0 of a partition (the directory id) came with v17; in v16 it must be skipped, not read.
        var bytes = new FetchRequest { Topics = [new() { Partitions = [new()] }] }.ToBytes(16);
        var at = bytes.Length - 5;
        Assert.Equal("0000" + "01" + "01" + "00", Convert.ToHexString(bytes.AsSpan(at)));
        byte[] more = [.. bytes[..at], 1, 0, 1, 0xEE, .. bytes[(at + 1)..]];

        var request = (FetchRequest)MessageType.Find("FetchRequest").ReadAll(more, 16);

        Assert.Equal(Guid.Empty, request.Topics[0].Partitions[0].ReplicaDirectoryId);
    }

    [Fact]
    public void A_tagged_value_of_another_size_than_announced_is_malformed()
    {
        // ApiVersions response v3, tag 1 (the epoch, 8 bytes) with 9 announced.
        var bytes = Convert.FromHexString("0000" + "01" + "00000000" + "01" + "0109" + "000000000000000500");

        var error = Assert.Throws<MalformedMessageException>(
            () => MessageType.Find("ApiVersionsResponse").ReadAll(bytes, 3));

        Assert.Equal(MalformedReason.TaggedFieldSize, error.Reason);
    }

    [Fact]
    public void A_tagged_structure_that_holds_only_defaults_is_not_written()
    {
        var plain = new FetchResponse { Responses = [new() { Partitions = [new() { Records = Empty }] }] };
        var touched = new FetchResponse
        {
            Responses = [new() { Partitions = [new() { Records = Empty, CurrentLeader = new(), DivergingEpoch = new() }] }],
        };

        Assert.Equal(plain.ToBytes(16), touched.ToBytes(16));
    }

    private static ReadOnlySequence<byte> Empty => ReadOnlySequence<byte>.Empty;
}
