namespace Spillway.Chaos.Cluster;

/// <summary>The five services.</summary>
internal enum ServiceRole
{
    Metadata,
    ZoneRouter,
    Writer,
    Frontend,
    Compactor,
}
