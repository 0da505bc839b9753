namespace Spillway.Kafka.Configs;

/// <summary>Broker configs about TLS. Listeners have none yet.</summary>
internal static class BrokerSslConfigs
{
    public static readonly ConfigDefinition[] All =
    [
        ConfigDefinition.Stored("security.providers", ConfigType.String, null,
            "Kafka's plug-ins that provide security algorithms."),
        ConfigDefinition.Stored("ssl.client.auth", ConfigType.String, "none",
            "Whether clients have to show a certificate.", ConfigRule.OneOf("required", "requested", "none")),
        ConfigDefinition.Stored("ssl.principal.mapping.rules", ConfigType.String, "DEFAULT",
            "How the name in a certificate becomes a user's name."),
        ConfigDefinition.Stored("ssl.allow.dn.changes", ConfigType.Boolean, "false",
            "Whether a new key store may hold another distinguished name."),
        ConfigDefinition.Stored("ssl.allow.san.changes", ConfigType.Boolean, "false",
            "Whether a new key store may hold other alternative names."),
        ConfigDefinition.Stored("ssl.protocol", ConfigType.String, "TLSv1.3", "TLS version that is spoken."),
        ConfigDefinition.Stored("ssl.provider", ConfigType.String, null, "Security provider of TLS."),
        ConfigDefinition.Stored("ssl.enabled.protocols", ConfigType.List, "TLSv1.2,TLSv1.3",
            "TLS versions that are accepted.", ConfigRule.DistinctList),
        ConfigDefinition.Stored("ssl.keystore.type", ConfigType.String, "JKS", "Format of the key store."),
        ConfigDefinition.Stored("ssl.keystore.location", ConfigType.String, null, "File of the key store."),
        ConfigDefinition.Stored("ssl.keystore.password", ConfigType.Password, null, "Password of the key store."),
        ConfigDefinition.Stored("ssl.key.password", ConfigType.Password, null, "Password of the private key."),
        ConfigDefinition.Stored("ssl.keystore.key", ConfigType.Password, null, "The private key itself, as PEM."),
        ConfigDefinition.Stored("ssl.keystore.certificate.chain", ConfigType.Password, null,
            "The certificates themselves, as PEM."),
        ConfigDefinition.Stored("ssl.truststore.type", ConfigType.String, "JKS", "Format of the trust store."),
        ConfigDefinition.Stored("ssl.truststore.location", ConfigType.String, null, "File of the trust store."),
        ConfigDefinition.Stored("ssl.truststore.password", ConfigType.Password, null, "Password of the trust store."),
        ConfigDefinition.Stored("ssl.truststore.certificates", ConfigType.Password, null,
            "The trusted certificates themselves, as PEM."),
        ConfigDefinition.Stored("ssl.keymanager.algorithm", ConfigType.String, "SunX509",
            "Algorithm by which keys are chosen."),
        ConfigDefinition.Stored("ssl.trustmanager.algorithm", ConfigType.String, "PKIX",
            "Algorithm by which trust is decided."),
        ConfigDefinition.Stored("ssl.endpoint.identification.algorithm", ConfigType.String, "https",
            "How a server's name is checked against its certificate."),
        ConfigDefinition.Stored("ssl.secure.random.implementation", ConfigType.String, null,
            "Source of random numbers for TLS."),
        ConfigDefinition.Stored("ssl.cipher.suites", ConfigType.List, "",
            "Cipher suites that are accepted; empty for all of the TLS library.", ConfigRule.DistinctList),
        ConfigDefinition.Stored("ssl.engine.factory.class", ConfigType.Class, null,
            "Kafka's plug-in that sets TLS up."),
    ];
}
