namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>What metadata gave this process: Kafka's broker id, and the epoch of this registration.</summary>
internal sealed record FrontendRegistration(int NodeId, long Epoch);
