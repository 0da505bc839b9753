namespace Spillway.Kafka.Configs;

/// <summary>Whether a broker config may be changed while brokers run (KIP-226).</summary>
public enum ConfigUpdateMode
{
    /// <summary>Only at the start.</summary>
    ReadOnly,

    /// <summary>For one broker; those of a listener only under the listener's prefix.</summary>
    PerBroker,

    /// <summary>For one broker or for all.</summary>
    ClusterWide,
}
