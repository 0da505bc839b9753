using Spillway.Kafka.Messages;
using Spillway.Standalone.Tests.Admin;
using Xunit;

namespace Spillway.Standalone.Tests.Documents;

public sealed class KafkaApiReferenceTests(AdminBroker broker) : IClassFixture<AdminBroker>
{
    /// <summary>With SPILLWAY_WRITE_DOCS=1 the page is written instead of compared: <c>make docs</c>.</summary>
    [Fact]
    public async Task The_page_of_APIs_is_what_a_broker_serves()
    {
        var written = KafkaApiReference.Write((await AskAsync()).ApiKeys);

        GeneratedPage.Check("kafka-apis.md", written);
        Assert.DoesNotContain("| ? |", written, StringComparison.Ordinal);
    }

    /// <summary>What is served is served up to Kafka's newest settled version: a client is not held back by one API.</summary>
    [Fact]
    public async Task Every_API_goes_up_to_Kafkas_newest_settled_version()
    {
        Assert.All((await AskAsync()).ApiKeys, static api => Assert.Equal(
            (api.ApiKey, MessageCatalog.MaxStableVersion((ApiKey)api.ApiKey)), (api.ApiKey, api.MaxVersion)));
    }

    private Task<ApiVersionsResponse> AskAsync() => broker.AskAsync<ApiVersionsResponse>(
        new ApiVersionsRequest { ClientSoftwareName = "tests", ClientSoftwareVersion = "1" }, 4);
}
