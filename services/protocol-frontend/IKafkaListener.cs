namespace Spillway.ProtocolFrontend;

/// <summary>Where this frontend listens for Kafka clients, once the host has started.</summary>
public interface IKafkaListener
{
    /// <summary>What clients are told.</summary>
    string AdvertisedHost { get; }

    /// <summary>What clients are told.</summary>
    int AdvertisedPort { get; }

    /// <summary>The port that the system gave, where 0 was asked for.</summary>
    int BoundPort { get; }
}
