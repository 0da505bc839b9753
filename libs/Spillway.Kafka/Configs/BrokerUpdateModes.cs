using System.Collections.Frozen;

namespace Spillway.Kafka.Configs;

/// <summary>
/// Which broker configs Kafka 4.2 lets operators change while it runs (KIP-226), and for whom. All others are read-only, whether or not we
/// could take them at once: tools and people rely on being told.
/// </summary>
public static class BrokerUpdateModes
{
    // Only under a listener's prefix, and so refused under their own name.
    private static readonly FrozenSet<string> OfListeners = new[]
    {
        "ssl.keystore.type", "ssl.keystore.location", "ssl.keystore.password", "ssl.key.password", "ssl.truststore.type",
        "ssl.truststore.location", "ssl.truststore.password", "ssl.keystore.certificate.chain", "ssl.keystore.key",
        "ssl.truststore.certificates",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> PerBroker = new[]
    {
        "listeners", "listener.security.protocol.map", "principal.builder.class", "ssl.protocol", "ssl.provider",
        "ssl.cipher.suites", "ssl.enabled.protocols", "ssl.keymanager.algorithm", "ssl.trustmanager.algorithm",
        "ssl.endpoint.identification.algorithm", "ssl.secure.random.implementation", "ssl.client.auth",
        "ssl.engine.factory.class", "sasl.mechanism.inter.broker.protocol", "sasl.jaas.config", "sasl.enabled.mechanisms",
        "sasl.kerberos.service.name", "sasl.kerberos.kinit.cmd", "sasl.kerberos.ticket.renew.window.factor",
        "sasl.kerberos.ticket.renew.jitter", "sasl.kerberos.min.time.before.relogin",
        "sasl.kerberos.principal.to.local.rules", "sasl.login.refresh.window.factor", "sasl.login.refresh.window.jitter",
        "sasl.login.refresh.min.period.seconds", "sasl.login.refresh.buffer.seconds",
    }.ToFrozenSet(StringComparer.Ordinal);

    // The strongest broker config of each topic config is dynamic too.
    private static readonly FrozenSet<string> ClusterWide = new[]
    {
        "log.cleaner.threads", "log.cleaner.dedupe.buffer.size", "log.cleaner.io.buffer.load.factor",
        "log.cleaner.io.buffer.size", "log.cleaner.io.max.bytes.per.second", "log.cleaner.backoff.ms",
        "num.io.threads", "num.replica.fetchers", "num.recovery.threads.per.data.dir", "background.threads",
        "metric.reporters", "config.providers", "num.network.threads",
        "max.connections", "max.connections.per.ip", "max.connections.per.ip.overrides", "max.connection.creation.rate",
        "producer.id.expiration.ms", "transaction.partition.verification.enable",
        "remote.log.index.file.cache.total.size.bytes", "remote.fetch.max.wait.ms", "remote.log.reader.threads",
        "remote.log.manager.copy.max.bytes.per.second", "remote.log.manager.fetch.max.bytes.per.second",
        "remote.list.offsets.request.timeout.ms", "remote.log.manager.copier.thread.pool.size",
        "remote.log.manager.expiration.thread.pool.size", "remote.log.manager.follower.thread.pool.size",
        "leader.replication.throttled.rate", "follower.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second",
    }.Concat(TopicConfigs.All.Select(topic => topic.BrokerSynonym).OfType<string>()).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>How a broker config may be changed.</summary>
    public static ConfigUpdateMode Of(string name) =>
        ClusterWide.Contains(name) ? ConfigUpdateMode.ClusterWide
        : PerBroker.Contains(name) || OfListeners.Contains(name) ? ConfigUpdateMode.PerBroker
        : ConfigUpdateMode.ReadOnly;

    /// <summary>What is wrong with changing a config, for one broker or for all; null for nothing.</summary>
    public static string? FindFault(string name, bool ofOneBroker) => Of(name) switch
    {
        ConfigUpdateMode.ReadOnly => $"Cannot update these configs dynamically: {name}",
        ConfigUpdateMode.PerBroker when OfListeners.Contains(name) =>
            $"These security configs can be dynamically updated only per-listener using the listener prefix: {name}",
        ConfigUpdateMode.PerBroker when !ofOneBroker =>
            $"Cannot update these configs at default cluster level, broker id must be specified: {name}",
        _ => null,
    };
}
