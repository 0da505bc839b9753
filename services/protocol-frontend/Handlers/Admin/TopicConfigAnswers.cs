using Spillway.Kafka.Configs;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>Topic and broker configs as admin answers show them: value, source, synonyms, type, documentation.</summary>
internal sealed class TopicConfigAnswers(BrokerSettings settings)
{
    /// <summary>All configs of a topic that is created with these set.</summary>
    public List<CreateTopicsResponse.CreatableTopicConfigs> ForCreation(IReadOnlyDictionary<string, string> overrides)
    {
        var config = new TopicConfig(overrides, settings.Current);
        return
        [
            .. TopicConfigs.All.Select(definition => new CreateTopicsResponse.CreatableTopicConfigs
            {
                Name = definition.Name,
                Value = config.Value(definition.Name),
                ConfigSource = (sbyte)config.Synonyms(definition.Name)[0].Source,
            }),
        ];
    }

    /// <summary>What DescribeConfigs tells of a topic config.</summary>
    public static DescribeConfigsResponse.DescribeConfigsResourceResult DescribeTopic(
        ConfigDefinition definition, TopicConfig config, DescribeConfigsRequest request)
    {
        var synonyms = config.Synonyms(definition.Name);
        return Describe(definition, config.Value(definition.Name), synonyms, isReadOnly: false, request);
    }

    /// <summary>What DescribeConfigs tells of a broker config.</summary>
    public DescribeConfigsResponse.DescribeConfigsResourceResult DescribeBroker(
        ConfigDefinition definition, DescribeConfigsRequest request)
    {
        var synonyms = new List<ConfigSynonym>();
        if (settings.Current.IsSet(definition.Name))
        {
            var source = settings.IsDynamic(definition.Name) ? ConfigSource.DynamicDefaultBroker : ConfigSource.StaticBroker;
            synonyms.Add(new ConfigSynonym(definition.Name, settings.Current.Value(definition.Name), source));
        }

        synonyms.Add(new ConfigSynonym(definition.Name, definition.Default, ConfigSource.Default));
        return Describe(definition, settings.Current.Value(definition.Name), synonyms, isReadOnly: false, request);
    }

    private static DescribeConfigsResponse.DescribeConfigsResourceResult Describe(
        ConfigDefinition definition, string? value, IReadOnlyList<ConfigSynonym> synonyms, bool isReadOnly, DescribeConfigsRequest request)
    {
        var described = new DescribeConfigsResponse.DescribeConfigsResourceResult
        {
            Name = definition.Name,
            Value = value,
            ReadOnly = isReadOnly,
            ConfigSource = (sbyte)synonyms[0].Source,
            ConfigType = (sbyte)definition.Type,
            Documentation = request.IncludeDocumentation ? definition.Documentation : null,
        };
        foreach (var synonym in request.IncludeSynonyms ? synonyms : [])
        {
            described.Synonyms.Add(new() { Name = synonym.Name, Value = synonym.Value, Source = (sbyte)synonym.Source });
        }

        return described;
    }
}
