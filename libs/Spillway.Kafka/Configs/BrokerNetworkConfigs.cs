namespace Spillway.Kafka.Configs;

/// <summary>Broker configs about connections and requests.</summary>
internal static class BrokerNetworkConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        Number("socket.request.max.bytes", "104857600", 1, "Bytes of the largest request; a larger one closes the connection."),
        Number("fetch.max.bytes", "57671680", 1024, "Bytes that one fetch answers at most, whatever the client asks for."),
        Number("max.connections", "2147483647", 0, "Connections of a frontend."),
        Number("max.connections.per.ip", "2147483647", 0, "Connections from one address."),
        new("max.connections.per.ip.overrides", ConfigType.String, "", "Other numbers for some addresses: 10.0.0.1:100,10.0.0.2:20."),
        Number("max.connection.creation.rate", "2147483647", 0, "New connections a second."),
        new("connections.max.idle.ms", ConfigType.Long, "600000", "How long a connection may be silent before it is closed."),
        Number("queued.max.requests", "500", 1, "Requests of one connection that may be read ahead of their answers."),
        new("queued.max.request.bytes", ConfigType.Long, "-1", "Bytes of requests in flight; -1 leaves it to the frontend's own budget."),
        Number("max.incremental.fetch.session.cache.slots", "1000", 0, "Fetch sessions a frontend keeps."),
        new("request.timeout.ms", ConfigType.Int, "30000", "How long a request may wait for other services before it fails retriably."),
        Number("connection.failed.authentication.delay.ms", "100", 0, "How long a connection that failed to authenticate stays open."),
        Shown("socket.send.buffer.bytes", "102400", "Send buffer of Kafka's sockets; ours is the system's."),
        Shown("socket.receive.buffer.bytes", "102400", "Receive buffer of Kafka's sockets; ours is the system's."),
        ConfigDefinition.Stored("num.network.threads", ConfigType.Int, "3",
            "Threads of Kafka's network layer.", ConfigRule.AtLeast(1)),
        ConfigDefinition.Stored("num.io.threads", ConfigType.Int, "8",
            "Threads of Kafka's request handlers.", ConfigRule.AtLeast(1)),
        new("broker.rack", ConfigType.String, null, "The zone of the frontend, as clients see it.") { Acts = false },
        new("replica.selector.class", ConfigType.String, null,
            "How Kafka chooses a replica near a consumer. The zone-router does it here.")
        {
            Acts = false,
        },
    ];

    private static ConfigDefinition Number(string name, string value, long min, string documentation) =>
        new(name, ConfigType.Int, value, documentation) { Rule = ConfigRule.AtLeast(min) };

    private static ConfigDefinition Shown(string name, string value, string documentation) =>
        new(name, ConfigType.Int, value, documentation) { Acts = false };
}
