using Spillway.Kafka.Configs;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>Configs as admin answers show them: value, source, synonyms, type, documentation.</summary>
internal sealed class ConfigAnswers(BrokerSettings settings)
{
    /// <summary>All configs of a topic that is created with these set.</summary>
    public List<CreateTopicsResponse.CreatableTopicConfigs> ForCreation(IReadOnlyDictionary<string, string> overrides)
    {
        var config = new TopicConfig(overrides, settings.Current);
        return
        [
            .. TopicConfigs.All.Where(static definition => !definition.IsHidden).Select(definition => new CreateTopicsResponse.CreatableTopicConfigs
            {
                Name = definition.Name,
                Value = config.Value(definition.Name),
                ConfigSource = (sbyte)config.Source(definition.Name),
            }),
        ];
    }

    /// <summary>What DescribeConfigs tells of a topic.</summary>
    public static IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfTopic(TopicConfig config, DescribeConfigsRequest request) =>
        from definition in TopicConfigs.All
        where !definition.IsHidden || config.Overrides.ContainsKey(definition.Name)
        select Describe(definition, config.Value(definition.Name), config.Synonyms(definition.Name), isReadOnly: false, request);

    /// <summary>What DescribeConfigs tells of this broker.</summary>
    public IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfBroker(DescribeConfigsRequest request)
    {
        var current = settings.Current;
        return
            from definition in BrokerConfigs.All
            where !definition.IsHidden || current.IsSet(definition.Name)
            select DescribeBroker(definition, current.Value(definition.Name), current.Synonyms(definition.Name), request);
    }

    /// <summary>What DescribeConfigs tells of all brokers: only what is set for all of them while they run.</summary>
    public IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfAllBrokers(DescribeConfigsRequest request)
    {
        var current = settings.Current;
        return
            from set in current.DynamicDefaults.OrderBy(static set => set.Key, StringComparer.Ordinal)
            select DescribeBroker(
                BrokerConfigs.Find(set.Key)!,
                set.Value,
                [.. current.Synonyms(set.Key).Where(static synonym => synonym.Source == ConfigSource.DynamicDefaultBroker)],
                request);
    }

    /// <summary>What DescribeConfigs tells of a group, which need not be there.</summary>
    public IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfGroup(
        IReadOnlyDictionary<string, string> overrides, DescribeConfigsRequest request)
    {
        var current = settings.Current;
        return
            from definition in GroupConfigs.All
            let value = GroupConfigs.Value(definition.Name, overrides, current)
            let source = overrides.ContainsKey(definition.Name) ? ConfigSource.Group : ConfigSource.Default
            select Describe(definition, value, [new ConfigSynonym(definition.Name, value, source)], isReadOnly: false, request);
    }

    /// <summary>What DescribeConfigs tells of a subscription of client metrics, which need not be there.</summary>
    public static IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfClientMetrics(
        IReadOnlyDictionary<string, string> overrides, DescribeConfigsRequest request) =>
        from definition in ClientMetricsConfigs.All
        let set = overrides.GetValueOrDefault(definition.Name)
        let synonyms = set is null ? [] : (ConfigSynonym[])[new ConfigSynonym(definition.Name, set, ConfigSource.ClientMetrics)]
        select Describe(definition, set ?? definition.Default, synonyms, isReadOnly: false, request);

    /// <summary>What DescribeConfigs tells of a broker's logs.</summary>
    public static IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfLoggers(BrokerLoggers loggers) =>
        from level in loggers.Levels()
        select new DescribeConfigsResponse.DescribeConfigsResourceResult
        {
            Name = level.Key,
            Value = level.Value,
            ConfigSource = (sbyte)ConfigSource.DynamicBrokerLogger,
        };

    private static DescribeConfigsResponse.DescribeConfigsResourceResult DescribeBroker(
        ConfigDefinition definition, string? value, IReadOnlyList<ConfigSynonym> synonyms, DescribeConfigsRequest request) =>
        Describe(definition, value, synonyms, BrokerUpdateModes.Of(definition.Name) == ConfigUpdateMode.ReadOnly, request);

    private static DescribeConfigsResponse.DescribeConfigsResourceResult Describe(
        ConfigDefinition definition, string? value, IReadOnlyList<ConfigSynonym> synonyms, bool isReadOnly, DescribeConfigsRequest request)
    {
        var described = new DescribeConfigsResponse.DescribeConfigsResourceResult
        {
            Name = definition.Name,
            Value = definition.IsSensitive ? null : value,
            ReadOnly = isReadOnly,
            IsSensitive = definition.IsSensitive,
            ConfigSource = (sbyte)(synonyms.Count > 0 ? synonyms[0].Source : ConfigSource.Default),
            ConfigType = (sbyte)definition.Type,
            Documentation = request.IncludeDocumentation ? definition.Description : null,
        };
        foreach (var synonym in request.IncludeSynonyms ? synonyms : [])
        {
            described.Synonyms.Add(new()
            {
                Name = synonym.Name, Value = definition.IsSensitive ? null : synonym.Value, Source = (sbyte)synonym.Source,
            });
        }

        return described;
    }
}
