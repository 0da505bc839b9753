using System.Buffers.Binary;
using System.Text;
using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Connections;

/// <summary>
/// Frames and headers, as bytes written by hand: correlation ids, client ids that are null, tagged fields that nobody knows (KIP-482),
/// what closes a connection and what does not.
/// </summary>
public sealed class FrameTests(BrokerFixture broker) : IAsyncLifetime
{
    private KafkaWire? _wire;

    private KafkaWire Wire => _wire ?? throw new InvalidOperationException("not open");

    public async ValueTask InitializeAsync() => _wire = await KafkaWire.OpenAsync(broker);

    public ValueTask DisposeAsync()
    {
        _wire?.Dispose();
        return ValueTask.CompletedTask;
    }

    // Key 18, version 0, correlation id, client id; header v1, no body.
    [Theory]
    [InlineData("0012 0000 00000007 0004 74657374", 7)]
    [InlineData("0012 0000 7fffffff ffff", int.MaxValue)]
    [InlineData("0012 0000 80000000 0000", int.MinValue)]
    [InlineData("0012 0000 ffffffff ffff", -1)]
    public async Task The_correlation_id_comes_back_whatever_it_is(string request, int correlationId)
    {
        var answer = await AskAsync(request);

        Assert.Equal(correlationId, BinaryPrimitives.ReadInt32BigEndian(answer));
        Expect.NoError(BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(4)));
    }

    // Version 3: header v2 with a section of tags, a body of compact strings with a section of its own; the response's header is v0.
    [Theory]
    [InlineData("0012 0003 00000007 ffff 00 0274 0231 00")]
    [InlineData("0012 0003 00000007 0001 74 01 63 03 010203 0274 0231 00")]
    [InlineData("0012 0003 00000007 0001 74 00 0274 0231 02 63 01 ff 64 00")]
    public async Task Tagged_fields_that_nobody_knows_are_skipped(string request)
    {
        var answer = await AskAsync(request);

        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(answer));
        Expect.NoError(BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(4)));
    }

    // KIP-511: the answer to a version of the future is v0 whatever was asked, and tells the range of ApiVersions.
    [Theory]
    [InlineData("0012 0005 00000007 ffff 00 0274 0231 00")]
    [InlineData("0012 7fff 00000007 0001 74 00 0274 0231 00")]
    [InlineData("0012 0063 00000007 ffff 00")]
    public async Task An_unknown_version_of_ApiVersions_is_answered_in_v0(string request)
    {
        var answer = await AskAsync(request);

        Assert.Equal("00000007" + "0023" + "00000001" + "0012" + "0000" + "0004", Convert.ToHexString(answer));
        await AssertServedAsync();
    }

    // A Metadata request of v1 for no topics, by hand: the answer's length tells that nothing else is in it.
    [Fact]
    public async Task A_version_without_tags_has_none_in_its_answer()
    {
        var answer = await AskAsync("0003 0001 00000007 0004 74657374 00000000");

        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(answer));
        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)));
        var host = BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(12));
        Assert.Equal(broker.Host, Encoding.ASCII.GetString(answer, 14, host));
        Assert.Equal(broker.Port, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(14 + host)));
        // A rack (null or not), the controller, no topics.
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(answer.Length - 4)));
    }

    [Fact]
    public async Task Answers_come_in_the_order_of_requests()
    {
        var frames = Enumerable.Range(1, 50).SelectMany(
            id => Frame($"{(id % 2 == 0 ? "0012 0000" : "0003 0001")} {id:x8} ffff {(id % 2 == 0 ? "" : "00000000")}")).ToArray();
        await Wire.SendAsync(frames);

        for (var id = 1; id <= 50; id++)
        {
            Assert.Equal(id, BinaryPrimitives.ReadInt32BigEndian(await Wire.ReceiveAsync()));
        }
    }

    [Fact]
    public async Task A_frame_may_come_byte_by_byte()
    {
        foreach (var one in Frame("0012 0003 00000007 0001 74 00 0274 0231 00"))
        {
            await Wire.SendAsync(new[] { one });
        }

        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(await Wire.ReceiveAsync()));
    }

    [Theory]
    [InlineData("an unknown API", "03e7 0000 00000007 ffff")]
    [InlineData("a negative API", "ffff 0000 00000007 ffff")]
    [InlineData("an API between brokers: LeaderAndIsr", "0004 0000 00000007 ffff")]
    [InlineData("an API between brokers: Vote", "0034 0000 00000007 ffff")]
    [InlineData("a version of Metadata that is too high", "0003 0063 00000007 ffff 00 00")]
    [InlineData("a negative version of Metadata", "0003 ffff 00000007 ffff 00000000")]
    [InlineData("a version of Produce that KIP-896 removed", "0000 0002 00000007 ffff ffff 00001000 00000000")]
    [InlineData("a version of Fetch that KIP-896 removed", "0001 0003 00000007 ffff ffffffff 00000000 00000000 00000000 00000000")]
    [InlineData("a header without its client id", "0003 0001 00000007")]
    [InlineData("a client id that is longer than the frame", "0003 0001 00000007 0040 74")]
    [InlineData("a body that ends in the middle", "0003 0001 00000007 ffff 00000001 0005 61")]
    [InlineData("a list of two billion topics", "0003 0001 00000007 ffff 7fffffff")]
    [InlineData("a null where none may be", "000c 0000 00000007 ffff ffff 00000000 0000")]
    [InlineData("a name that is no UTF-8", "0003 0001 00000007 ffff 00000001 0002 c328")]
    [InlineData("a varint of six bytes", "0012 0003 00000007 ffff ffffffffffff 0274 0231 00")]
    [InlineData("a tag that is longer than the frame", "0012 0003 00000007 ffff 00 0274 0231 01 63 7f")]
    public async Task What_is_no_request_closes_the_connection(string what, string request)
    {
        await Wire.SendAsync(Frame(request));

        Assert.True(await Wire.ReceiveAsync() is null, what + " was answered");
        await AssertOthersServedAsync();
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("ffffffff")]
    [InlineData("80000000")]
    [InlineData("7fffffff")]
    [InlineData("06400001")]
    public async Task A_length_that_no_frame_has_closes_the_connection(string length)
    {
        await Wire.SendAsync(Convert.FromHexString(length));

        Assert.Null(await Wire.ReceiveAsync());
        await AssertOthersServedAsync();
    }

    [Fact]
    public async Task What_was_asked_before_garbage_is_answered_before_the_connection_closes()
    {
        byte[] both = [.. Frame("0012 0000 00000007 ffff"), .. Frame("03e7 0000 00000008 ffff")];
        await Wire.SendAsync(both);

        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(await Wire.ReceiveAsync()));
        Assert.Null(await Wire.ReceiveAsync());
    }

    [Fact]
    public async Task A_client_without_a_name_is_served_by_every_kind_of_request()
    {
        Wire.ClientId = null;
        await AssertServedAsync();
        var metadata = await Wire.AskAsync<MetadataResponse>(new MetadataRequest { Topics = [] }, 12);
        Assert.NotEmpty(metadata.Brokers);
        var found = await Wire.AskAsync<FindCoordinatorResponse>(new FindCoordinatorRequest { CoordinatorKeys = { "g" } }, 4);
        Expect.NoError(found.Coordinators[0].ErrorCode);
        var joined = await Wire.AskAsync<JoinGroupResponse>(
            new JoinGroupRequest
            {
                GroupId = CaseRun.NewName("group"), SessionTimeoutMs = 10_000, ProtocolType = "consumer", Protocols = { new() { Name = "range" } },
            },
            0);
        Expect.NoError(joined.ErrorCode);
        Assert.NotEmpty(joined.MemberId);
    }

    private static byte[] Frame(string hex)
    {
        var body = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, 4);
        return frame;
    }

    private async Task<byte[]> AskAsync(string hex)
    {
        await Wire.SendAsync(Frame(hex));
        var answer = await Wire.ReceiveAsync();
        Assert.NotNull(answer);
        return answer;
    }

    private async Task AssertServedAsync() =>
        Expect.NoError((await Wire.AskAsync<ApiVersionsResponse>(new ApiVersionsRequest(), 0)).ErrorCode);

    private async Task AssertOthersServedAsync()
    {
        using var other = await KafkaWire.OpenAsync(broker);
        Expect.NoError((await other.AskAsync<ApiVersionsResponse>(new ApiVersionsRequest(), 0)).ErrorCode);
    }
}
