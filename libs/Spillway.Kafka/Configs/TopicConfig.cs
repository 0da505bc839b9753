using System.Globalization;
using Spillway.Kafka.Records;

namespace Spillway.Kafka.Configs;

/// <summary>
/// A topic's configs as values: what was set on the topic, else the broker's, else Kafka's default. Immutable, parsed once;
/// what was set must have passed <see cref="TopicConfigs"/>.
/// </summary>
public sealed class TopicConfig
{
    private readonly IReadOnlyDictionary<string, string> _overrides;
    private readonly BrokerConfig _broker;

    /// <summary>Reads the configs.</summary>
    public TopicConfig(IReadOnlyDictionary<string, string> overrides, BrokerConfig broker)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        ArgumentNullException.ThrowIfNull(broker);
        _overrides = overrides;
        _broker = broker;
        var cleanupPolicy = ConfigValue.ToList(Value("cleanup.policy")!);
        IsCompacted = cleanupPolicy.Contains("compact", StringComparer.Ordinal);
        IsDeleted = cleanupPolicy.Contains("delete", StringComparer.Ordinal);
        RetentionMs = Long("retention.ms");
        RetentionBytes = Long("retention.bytes");
        DeleteRetentionMs = Long("delete.retention.ms");
        MinCompactionLagMs = Long("min.compaction.lag.ms");
        MaxCompactionLagMs = Long("max.compaction.lag.ms");
        MinCleanableDirtyRatio = ConfigValue.ToDouble(Value("min.cleanable.dirty.ratio")!);
        MaxMessageBytes = (int)Long("max.message.bytes");
        MessageTimestampType = Enum.Parse<TimestampType>(Value("message.timestamp.type")!);
        MessageTimestampBeforeMaxMs = Long("message.timestamp.before.max.ms");
        MessageTimestampAfterMaxMs = Long("message.timestamp.after.max.ms");
        CompressionType = Value("compression.type")!;
        KeptCompression = CompressionType switch
        {
            "uncompressed" => Compression.CompressionType.None,
            "gzip" => Compression.CompressionType.Gzip,
            "snappy" => Compression.CompressionType.Snappy,
            "lz4" => Compression.CompressionType.Lz4,
            "zstd" => Compression.CompressionType.Zstd,
            _ => null,
        };
        CompressionLevel = KeptCompression switch
        {
            Compression.CompressionType.Gzip => Level("compression.gzip.level", -1),
            Compression.CompressionType.Lz4 => Level("compression.lz4.level", 9),
            Compression.CompressionType.Zstd => Level("compression.zstd.level", 3),
            _ => null,
        };
        MinInsyncReplicas = (int)Long("min.insync.replicas");
        SegmentBytes = (int)Long("segment.bytes");
        SegmentMs = Long("segment.ms");
    }

    /// <summary>What was set on the topic.</summary>
    public IReadOnlyDictionary<string, string> Overrides => _overrides;

    /// <summary>cleanup.policy has compact: the last record of each key stays, and every record needs a key.</summary>
    public bool IsCompacted { get; }

    /// <summary>cleanup.policy has delete: retention applies.</summary>
    public bool IsDeleted { get; }

    /// <summary>retention.ms; −1 for ever.</summary>
    public long RetentionMs { get; }

    /// <summary>retention.bytes of a partition; −1 for no bound.</summary>
    public long RetentionBytes { get; }

    /// <summary>delete.retention.ms of tombstones.</summary>
    public long DeleteRetentionMs { get; }

    /// <summary>min.compaction.lag.ms.</summary>
    public long MinCompactionLagMs { get; }

    /// <summary>max.compaction.lag.ms.</summary>
    public long MaxCompactionLagMs { get; }

    /// <summary>min.cleanable.dirty.ratio.</summary>
    public double MinCleanableDirtyRatio { get; }

    /// <summary>max.message.bytes of a batch.</summary>
    public int MaxMessageBytes { get; }

    /// <summary>message.timestamp.type.</summary>
    public TimestampType MessageTimestampType { get; }

    /// <summary>message.timestamp.before.max.ms.</summary>
    public long MessageTimestampBeforeMaxMs { get; }

    /// <summary>message.timestamp.after.max.ms.</summary>
    public long MessageTimestampAfterMaxMs { get; }

    /// <summary>compression.type, in Kafka's word.</summary>
    public string CompressionType { get; }

    /// <summary>remote.storage.enable, for show.</summary>
    public bool RemoteStorageEnable => bool.Parse(Value("remote.storage.enable")!);

    /// <summary>local.retention.ms, for show; −2 for as long as retention.ms.</summary>
    public long LocalRetentionMs => Long("local.retention.ms");

    /// <summary>local.retention.bytes, for show; −2 for as many as retention.bytes.</summary>
    public long LocalRetentionBytes => Long("local.retention.bytes");

    /// <summary>The codec that batches are kept in; null: as their producer compressed them.</summary>
    public Compression.CompressionType? KeptCompression { get; }

    /// <summary>The level of that codec on its own scale; null for its default.</summary>
    public int? CompressionLevel { get; }

    /// <summary>min.insync.replicas, for show.</summary>
    public int MinInsyncReplicas { get; }

    /// <summary>segment.bytes, for show.</summary>
    public int SegmentBytes { get; }

    /// <summary>segment.ms, for show.</summary>
    public long SegmentMs { get; }

    /// <summary>The produce rules that follow from the topic; the request's version adds whether zstd is allowed.</summary>
    public RecordBatchRules ToRecordBatchRules() => new()
    {
        BatchBytesMax = MaxMessageBytes,
        TimestampType = MessageTimestampType,
        TimestampBeforeMaxMs = MessageTimestampBeforeMaxMs,
        TimestampAfterMaxMs = MessageTimestampAfterMaxMs,
        KeyRequired = IsCompacted,
    };

    /// <summary>The value of a topic config as text: what DescribeConfigs shows.</summary>
    public string? Value(string name)
    {
        if (_overrides.TryGetValue(name, out var value))
        {
            return value.Trim();
        }

        var config = TopicConfigs.Get(name);
        foreach (var (synonym, factor) in config.BrokerSynonyms)
        {
            if (_broker.IsSet(synonym))
            {
                return Scale(_broker.Value(synonym)!, factor);
            }
        }

        return config.Default;
    }

    /// <summary>Where the value of a topic config comes from.</summary>
    public ConfigSource Source(string name) => Synonyms(name) is [{ Source: var source }, ..] ? source : ConfigSource.Default;

    /// <summary>
    /// Every place the value of a topic config may come from, the one that counts first, as DescribeConfigs lists them.
    /// </summary>
    public IReadOnlyList<ConfigSynonym> Synonyms(string name)
    {
        var synonyms = new List<ConfigSynonym>();
        if (_overrides.TryGetValue(name, out var value))
        {
            synonyms.Add(new ConfigSynonym(name, value.Trim(), ConfigSource.DynamicTopic));
        }

        if (TopicConfigs.Get(name).BrokerSynonym is { } broker)
        {
            synonyms.AddRange(_broker.Synonyms(broker));
        }

        return synonyms;
    }

    private static string Scale(string value, long factor)
    {
        if (factor == 1)
        {
            return value;
        }

        // A negative number of hours means "for ever", which is −1 in any unit.
        var number = ConfigValue.ToLong(value);
        return (number < 0 ? -1 : number * factor).ToString(CultureInfo.InvariantCulture);
    }

    private long Long(string name) => ConfigValue.ToLong(Value(name)!);

    // Kafka's default is the codec's own default, whatever number it has there.
    private int? Level(string name, int kafkasDefault) => Long(name) is var level && level == kafkasDefault ? null : (int)level;
}
