namespace Spillway.Discovery;

/// <summary>Where instances are looked up.</summary>
public enum DiscoveryKind
{
    /// <summary>The configured endpoints are the instances.</summary>
    Static,

    /// <summary>The configured hosts are names; each of their addresses is an instance.</summary>
    Dns,
}
