using Spillway.Kafka.Generator.Schema;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

public sealed class MessageCatalogTests
{
    [Fact]
    public void The_catalog_agrees_with_the_schemas()
    {
        var requests = MessageType.All.Where(m => m.Schema.Kind == MessageKind.Request).ToList();

        Assert.Equal(requests.Select(r => r.Schema.ApiKey!.Value).Order(), Keys().Select(k => (short)k));
        foreach (var schema in requests.Select(r => r.Schema))
        {
            var key = (ApiKey)schema.ApiKey!.Value;
            Assert.Equal(schema.Name, key + "Request");
            Assert.Equal(schema.Versions.First, MessageCatalog.MinVersion(key));
            Assert.Equal(schema.Versions.Last, MessageCatalog.MaxVersion(key));
            Assert.Equal(
                schema.FlexibleVersions.IsEmpty ? short.MaxValue : schema.FlexibleVersions.First,
                MessageCatalog.FirstFlexibleVersion(key));
        }
    }

    [Fact]
    public void Requests_and_responses_are_read_by_key()
    {
        foreach (var key in Keys())
        {
            var version = MessageCatalog.MaxVersion(key);
            var request = MessageType.Find(key + "Request");
            var response = MessageType.Find(key + "Response");
            var random = new RandomMessages(new Random(1));

            var requestReader = new WireReader(random.Make(request, version).ToBytes(version));
            var responseReader = new WireReader(random.Make(response, version).ToBytes(version));

            Assert.IsType(request.Type, MessageCatalog.ReadRequest(key, version, ref requestReader));
            Assert.IsType(response.Type, MessageCatalog.ReadResponse(key, version, ref responseReader));
        }
    }

    [Fact]
    public void An_unstable_version_is_known_but_not_offered()
    {
        Assert.Equal(6, MessageCatalog.MaxVersion(ApiKey.InitProducerId));
        Assert.Equal(5, MessageCatalog.MaxStableVersion(ApiKey.InitProducerId));
        Assert.Equal(13, MessageCatalog.MaxStableVersion(ApiKey.Produce));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    [InlineData(93)]
    [InlineData(short.MaxValue)]
    public void An_unknown_key_is_a_typed_error(short key)
    {
        Assert.False(MessageCatalog.IsKnown((ApiKey)key));
        Assert.False(MessageCatalog.IsKnown((ApiKey)key, 0));
        var error = Assert.Throws<MalformedMessageException>(() =>
        {
            var reader = new WireReader(new byte[100]);
            MessageCatalog.ReadRequest((ApiKey)key, 0, ref reader);
        });
        Assert.Equal(MalformedReason.UnknownApiKey, error.Reason);
    }

    [Theory]
    [InlineData(ApiKey.Produce, 2)]
    [InlineData(ApiKey.Produce, 14)]
    [InlineData(ApiKey.Produce, -1)]
    public void An_unknown_version_is_a_typed_error(ApiKey key, short version)
    {
        Assert.False(MessageCatalog.IsKnown(key, version));
        var error = Assert.Throws<MalformedMessageException>(() =>
        {
            var reader = new WireReader(new byte[100]);
            MessageCatalog.ReadRequest(key, version, ref reader);
        });
        Assert.Equal(MalformedReason.UnsupportedVersion, error.Reason);
    }

    [Theory]
    [InlineData(ApiKey.Produce, 8, 1, 0)]
    [InlineData(ApiKey.Produce, 9, 2, 1)]
    [InlineData(ApiKey.ApiVersions, 2, 1, 0)]
    [InlineData(ApiKey.ApiVersions, 3, 2, 0)]
    [InlineData(ApiKey.ApiVersions, 99, 2, 0)]
    [InlineData(ApiKey.SaslHandshake, 1, 1, 0)]
    [InlineData(ApiKey.DescribeCluster, 0, 2, 1)]
    public void Headers_follow_the_version(ApiKey key, short version, short request, short response)
    {
        Assert.Equal(request, MessageCatalog.RequestHeaderVersion(key, version));
        Assert.Equal(response, MessageCatalog.ResponseHeaderVersion(key, version));
    }

    private static ApiKey[] Keys() => MessageCatalog.ApiKeys.ToArray();
}
