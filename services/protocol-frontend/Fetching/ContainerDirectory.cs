using System.Collections.Concurrent;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Where segments and objects lie, by id; a location never changes. Bounded by starting over: what is missing is looked up again.</summary>
internal sealed class ContainerDirectory
{
    private const int LocationsMax = 100_000;

    private readonly ConcurrentDictionary<(ContainerKind Kind, long Id), ContainerLocation> _locations = new();

    public void Learn(IReadOnlyList<ContainerLocation> locations)
    {
        if (locations.Count > 0 && _locations.Count > LocationsMax)
        {
            _locations.Clear();
        }

        for (var i = 0; i < locations.Count; i++)
        {
            _locations[(locations[i].Kind, locations[i].ContainerId)] = locations[i];
        }
    }

    public ContainerLocation? Find(IndexEntry entry) => _locations.GetValueOrDefault((entry.Kind, entry.ContainerId));
}
