namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>What clients are told to connect to.</summary>
internal readonly record struct FrontendEndpoint(string Host, int Port);
