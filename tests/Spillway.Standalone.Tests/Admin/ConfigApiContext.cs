using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Standalone.Tests.Admin;

/// <summary>Words for what config tests ask.</summary>
internal sealed class ConfigApiContext(AdminBroker broker)
{
    public const sbyte Topic = 2;
    public const sbyte Broker = 4;
    public const sbyte BrokerLogger = 8;
    public const sbyte ClientMetrics = 16;
    public const sbyte Group = 32;

    public const sbyte Set = 0;
    public const sbyte Delete = 1;
    public const sbyte Append = 2;
    public const sbyte Subtract = 3;

    public string NodeName => broker.NodeId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public async Task<string> CreateTopicAsync()
    {
        var name = $"t-{Guid.NewGuid():N}";
        var answer = await broker.AskAsync<CreateTopicsResponse>(
            new CreateTopicsRequest { TimeoutMs = 30_000, Topics = { new() { Name = name, NumPartitions = 1, ReplicationFactor = 1 } } }, 7);
        Assert.Equal(0, answer.Topics[0].ErrorCode);
        return name;
    }

    public async Task<DescribeConfigsResponse.DescribeConfigsResult> DescribeAsync(
        sbyte type, string name, int version = 4, bool synonyms = true, bool documentation = true, params string[] keys)
    {
        var request = new DescribeConfigsRequest
        {
            IncludeSynonyms = synonyms,
            IncludeDocumentation = version >= 3 && documentation,
            Resources = { new() { ResourceType = type, ResourceName = name, ConfigurationKeys = keys.Length == 0 ? null : [.. keys] } },
        };
        var answer = await broker.AskAsync<DescribeConfigsResponse>(request, version);
        return Assert.Single(answer.Results);
    }

    public async Task<DescribeConfigsResponse.DescribeConfigsResourceResult> DescribeOneAsync(sbyte type, string name, string key) =>
        Assert.Single((await DescribeAsync(type, name, keys: key)).Configs);

    public async Task<(ErrorCode Error, string? Message)> AlterAsync(
        sbyte type, string name, params (string Key, sbyte Operation, string? Value)[] operations)
    {
        var request = Incremental((type, name, operations));
        return Assert.Single(await AlterAsync(request));
    }

    public async Task<(ErrorCode Error, string? Message)[]> AlterAsync(IncrementalAlterConfigsRequest request, int version = 1)
    {
        var answer = await broker.AskAsync<IncrementalAlterConfigsResponse>(request, version);
        return [.. answer.Responses.Select(static r => ((ErrorCode)r.ErrorCode, r.ErrorMessage))];
    }

    public async Task<(ErrorCode Error, string? Message)> ReplaceAsync(
        sbyte type, string name, bool validateOnly = false, params (string Key, string? Value)[] configs)
    {
        var resource = new AlterConfigsRequest.AlterConfigsResource { ResourceType = type, ResourceName = name };
        resource.Configs.AddRange(configs.Select(static c => new AlterConfigsRequest.AlterableConfig { Name = c.Key, Value = c.Value }));
        var answer = await broker.AskAsync<AlterConfigsResponse>(
            new AlterConfigsRequest { ValidateOnly = validateOnly, Resources = { resource } }, 2);
        var response = Assert.Single(answer.Responses);
        return ((ErrorCode)response.ErrorCode, response.ErrorMessage);
    }

    public static IncrementalAlterConfigsRequest Incremental(
        params (sbyte Type, string Name, (string Key, sbyte Operation, string? Value)[] Operations)[] resources)
    {
        var request = new IncrementalAlterConfigsRequest();
        foreach (var (type, name, operations) in resources)
        {
            var resource = new IncrementalAlterConfigsRequest.AlterConfigsResource { ResourceType = type, ResourceName = name };
            resource.Configs.AddRange(operations.Select(static o => new IncrementalAlterConfigsRequest.AlterableConfig
            {
                Name = o.Key, ConfigOperation = o.Operation, Value = o.Value,
            }));
            request.Resources.Add(resource);
        }

        return request;
    }
}
