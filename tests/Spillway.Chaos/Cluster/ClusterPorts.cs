using Spillway.Testing.Processes;

namespace Spillway.Chaos.Cluster;

/// <summary>Hands out ports of one free stretch, so that a service that comes back has the ones it had.</summary>
internal sealed class ClusterPorts
{
    private const int Count = 48;

    private readonly int _first = FreePorts.TakeBase([.. Enumerable.Range(0, Count)]);
    private int _taken;

    public int Take() => _taken < Count ? _first + _taken++ : throw new InvalidOperationException("the cluster has more ports than were taken");
}
