using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Tool.Fsck;

/// <summary>All segments and objects that metadata knows.</summary>
internal sealed class KnownContainers
{
    private readonly Dictionary<(ContainerKind Kind, long Id), ContainerStatus> _all = [];

    private KnownContainers()
    {
    }

    public Guid ClusterId { get; private set; }

    public long LastObjectId { get; private set; }

    public long NowMs { get; private set; }

    public IEnumerable<ContainerStatus> All => _all.Values;

    public static async Task<KnownContainers> ReadAsync(IContainerService service, CancellationToken cancellationToken)
    {
        var known = new KnownContainers();
        var request = new ListContainersRequest();
        while (true)
        {
            var page = await service.ListContainersAsync(request, cancellationToken);
            foreach (var container in page.Containers)
            {
                known._all[(container.Location.Kind, container.Location.ContainerId)] = container;
            }

            known.ClusterId = page.ClusterId.Length == 16 ? new Guid(page.ClusterId.Span, bigEndian: true) : default;
            known.LastObjectId = page.LastObjectId;
            known.NowMs = page.NowMs;
            if (!page.More)
            {
                return known;
            }

            request.AfterKind = page.AfterKind;
            request.AfterId = page.AfterId;
        }
    }

    public ContainerStatus? Find(ContainerKind kind, long id) => _all.GetValueOrDefault((kind, id));

    /// <summary>An entry may name what is younger than the list.</summary>
    public void Add(ContainerLocation location) =>
        _all.TryAdd((location.Kind, location.ContainerId), new ContainerStatus { Location = location, State = ContainerState.Open });
}
