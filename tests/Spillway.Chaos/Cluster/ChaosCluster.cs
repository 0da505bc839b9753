using System.Globalization;
using Spillway.Chaos.Clients;
using Spillway.FaultProxy;
using Spillway.Testing.Processes;

namespace Spillway.Chaos.Cluster;

/// <summary>
/// The five-process form, every service in a process of its own and every link between two of them through a fault proxy. Zones share
/// one WAL folder, as mounts of one file system, and one folder of objects.
/// </summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private const string Client = "client";
    private const double LeaderRole = 2;

    private readonly List<ServiceProcess> _services = [];
    private readonly List<TcpFaultProxy> _proxies = [];
    private readonly ClusterPorts _ports = new();
    private readonly ChaosClusterOptions _options;
    private readonly List<BrokerAddress> _kafka = [];
    private readonly string[] _objects;

    public ChaosCluster(ChaosClusterOptions options)
    {
        _options = options;
        foreach (var folder in new[] { "wal", "objects", "metadata", "faults", "log" })
        {
            Directory.CreateDirectory(Path.Combine(options.Folder, folder));
        }

        _objects = AddStore();
        var metadata = AddMetadata();
        var router = AddRouter(metadata);
        foreach (var zone in options.Zones)
        {
            AddWriter(zone, metadata);
            AddFrontend(zone, metadata, router);
        }

        for (var i = 1; i <= options.CompactorCount; i++)
        {
            AddCompactor($"compactor-{i}", options.Zones[(i - 1) % options.Zones.Count], metadata);
        }
    }

    public IReadOnlyList<ServiceProcess> Services => _services;

    public string Folder => _options.Folder;

    public WalFolder Wal => new(Path.Combine(Folder, "wal"));

    public IReadOnlyList<string> Zones => _options.Zones;

    /// <summary>Where clients of a zone begin; those of the other zones follow.</summary>
    public IReadOnlyList<BrokerAddress> Bootstrap(int zone) => [.. _kafka.Skip(zone % _kafka.Count), .. _kafka.Take(zone % _kafka.Count)];

    public string BootstrapServers => string.Join(',', _kafka.Select(static address => $"{address.Host}:{address.Port}"));

    /// <summary>Every link that was used so far.</summary>
    public IEnumerable<FaultLink> Links => _proxies.SelectMany(static proxy => proxy.Links);

    /// <summary>The links to the object store that were used so far; none where it is a folder.</summary>
    public IEnumerable<FaultLink> StoreLinks => Links.Where(static link => link.Target == ChaosStore.Target);

    public IEnumerable<ServiceProcess> Of(ServiceRole role) => _services.Where(service => service.Role == role);

    /// <summary>The links that begin or end at a service. A target is a service, or one of its ports: <c>metadata-1.raft</c>.</summary>
    public IEnumerable<FaultLink> LinksOf(ServiceProcess service) =>
        Links.Where(link => link.Target.Split('.')[0] == service.Name || link.Caller == service.Name);

    /// <summary>The metadata node that says it leads, in the highest term said; null where none does.</summary>
    public async Task<ServiceProcess?> FindLeaderAsync()
    {
        (ServiceProcess? Node, double Term) leader = (null, -1);
        foreach (var node in Of(ServiceRole.Metadata))
        {
            var metrics = new MetricsText(await node.ReadMetricsAsync());
            if (metrics.Sum("spillway_raft_role") == LeaderRole && metrics.Sum("spillway_raft_term") is var term && term > leader.Term)
            {
                leader = (node, term);
            }
        }

        return leader.Node;
    }

    /// <summary>The link from one service to another, whether or not it was used.</summary>
    public FaultLink Link(ServiceProcess caller, ServiceProcess target) => ProxyOf(target).Link(caller.Name);

    /// <summary>The link of all Kafka clients to a frontend.</summary>
    public FaultLink ClientLink(ServiceProcess frontend) => ProxyOf(frontend).Link(Client);

    /// <summary>Starts everything and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var metadata in Of(ServiceRole.Metadata))
        {
            metadata.Start();
        }

        await UntilReadyAsync(Of(ServiceRole.Metadata), cancellationToken);
        _services.ForEach(static service => service.Start());
        await UntilReadyAsync(_services, cancellationToken);
    }

    /// <summary>Waits until these say that they are ready.</summary>
    public async Task UntilReadyAsync(IEnumerable<ServiceProcess> services, CancellationToken cancellationToken)
    {
        foreach (var service in services)
        {
            await Deadline.UntilAsync(
                service.IsReadyAsync,
                _options.StartTime,
                $"{service} is ready",
                cancellationToken,
                () => $"exit code {service.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none"}:\n{service.Tail(20)}");
        }
    }

    /// <summary>No link is cut, no process is paused, none makes faults.</summary>
    public void Heal()
    {
        foreach (var link in Links)
        {
            link.Heal();
        }

        foreach (var service in _services)
        {
            service.Faults.Clear();
            service.Resume();
            service.IsHeldDown = false;
        }
    }

    /// <summary>The last lines of every log.</summary>
    public string Tail(int lines) =>
        string.Join('\n', _services.Select(service => $"-- {service}, started {service.StartCount} times\n{service.Tail(lines)}"));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_services.Select(static service => service.DisposeAsync().AsTask()));
        await Task.WhenAll(_proxies.Select(static proxy => proxy.DisposeAsync().AsTask()));
    }

    private static string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static string Setting(string key, object value) => string.Create(CultureInfo.InvariantCulture, $"{key}={value}");

    /// <summary>The nodes of one group; the result is all their addresses.</summary>
    private string AddMetadata()
    {
        var nodes = Enumerable.Range(1, _options.MetadataCount).Select(id =>
        {
            var (rpc, raft) = (_ports.Take(), _ports.Take());
            return (Id: id, Name: $"metadata-{id}", RpcPort: rpc, RaftPort: raft,
                Address: Address(AddProxy($"metadata-{id}", rpc)), RaftAddress: $"127.0.0.1:{AddProxy($"metadata-{id}.raft", raft)}");
        }).ToList();
        var clusterId = Guid.NewGuid();
        foreach (var node in nodes)
        {
            List<string> settings =
            [
                Setting("Metadata:DataFolder", Path.Combine(Folder, "metadata", node.Name)),
                Setting("Metadata:RpcPort", node.RpcPort),
                Setting("Metadata:RaftPort", node.RaftPort),
                Setting("Metadata:AdvertisedAddress", node.Address),
            ];
            if (nodes.Count > 1)
            {
                settings.AddRange(
                [
                    Setting("Metadata:ClusterId", clusterId),
                    Setting("Metadata:NodeId", node.Id),
                    Setting("Metadata:AdvertisedRaftAddress", node.RaftAddress),
                    .. nodes.SelectMany((founder, number) => new[]
                    {
                        Setting($"Metadata:Founders:{number}:NodeId", founder.Id),
                        Setting($"Metadata:Founders:{number}:RaftAddress", founder.RaftAddress),
                        Setting($"Metadata:Founders:{number}:Address", founder.Address),
                    }),
                ]);
            }

            Add(node.Name, ServiceRole.Metadata, _options.Zones[(node.Id - 1) % _options.Zones.Count], [.. settings]);
        }

        return string.Join(',', nodes.Select(static node => node.Address));
    }

    private string AddRouter(string metadata)
    {
        var port = _ports.Take();
        var proxy = AddProxy("zone-router", port);
        Add("zone-router", ServiceRole.ZoneRouter, _options.Zones[0],
        [
            Setting("ZoneRouter:RpcPort", port), Setting("Neighbours:Metadata", metadata),
        ]);
        return Address(proxy);
    }

    private void AddWriter(string zone, string metadata)
    {
        var (port, name) = (_ports.Take(), $"writer-{zone}");
        var proxy = AddProxy(name, port);
        Add(name, ServiceRole.Writer, zone,
        [
            .. Volume("WalWriter"), .. Faults(name), Setting("WalWriter:Name", name), Setting("WalWriter:Zone", zone),
            Setting("WalWriter:RpcPort", port), Setting("WalWriter:AdvertisedAddress", Address(proxy)), Setting("Neighbours:Metadata", metadata),
        ]);
    }

    private void AddFrontend(string zone, string metadata, string router)
    {
        var (port, name) = (_ports.Take(), $"frontend-{zone}");
        var proxy = AddProxy(name, port);
        Add(name, ServiceRole.Frontend, zone,
        [
            .. Volume("ProtocolFrontend"), .. _objects, .. Faults(name),
            Setting("ProtocolFrontend:Name", name), Setting("ProtocolFrontend:Zone", zone),
            Setting("ProtocolFrontend:ListenPort", port), Setting("ProtocolFrontend:AdvertisedPort", proxy),
            Setting("Neighbours:Metadata", metadata), Setting("Neighbours:ZoneRouter", router),
        ]);
        _kafka.Add(new BrokerAddress("127.0.0.1", proxy));
    }

    private void AddCompactor(string name, string zone, string metadata) => Add(name, ServiceRole.Compactor, zone,
    [
        .. Volume("S3Compactor"), .. _objects, .. Faults(name),
        Setting("S3Compactor:Name", name), Setting("S3Compactor:Zone", zone), Setting("Neighbours:Metadata", metadata),
    ]);

    private void Add(string name, ServiceRole role, string zone, string[] settings)
    {
        var httpPort = _ports.Take();
        string[] all = [.. settings, .. ClusterSettings.Of(role), .. _options.Settings.GetValueOrDefault(role, []), Setting("Service:HttpPort", httpPort)];
        var service = new ServiceProcess(name, role, zone, httpPort, Folder, [.. all.Select(static setting => "--Spillway:" + setting)]);
        _services.Add(service);
    }

    private IEnumerable<string> Volume(string section) =>
        [$"{section}:Volumes:0:Name=wal1", $"{section}:Volumes:0:Path={Path.Combine(Folder, "wal")}"];

    private string[] AddStore() => _options.Store is not { } store
        ? ["ObjectStore:Kind=Folder", $"ObjectStore:Folder={Path.Combine(Folder, "objects")}"]
        :
        [
            "ObjectStore:Kind=S3",
            $"ObjectStore:KeyPrefix=chaos-{Guid.NewGuid():N}",
            $"ObjectStore:S3:Endpoint={Address(AddProxy(ChaosStore.Target, store.Port))}",
            $"ObjectStore:S3:Bucket={store.Bucket}",
            $"ObjectStore:S3:AccessKey={store.AccessKey}",
            $"ObjectStore:S3:SecretKey={store.SecretKey}",
            "ObjectStore:S3:RequestTimeout=00:00:05",
            "ObjectStore:S3:RetriesMax=1",
        ];

    private IEnumerable<string> Faults(string name) => [$"Faults:ControlFile={ServiceProcess.FaultPath(Folder, name)}"];

    private int AddProxy(string target, int port)
    {
        var proxy = new TcpFaultProxy(new FaultProxyOptions
        {
            Name = target,
            TargetPort = port,
            Seed = _options.Seed + _proxies.Count,
            NameOfCaller = NameOfCaller,
        });
        _proxies.Add(proxy);
        return proxy.Port;
    }

    private string NameOfCaller(int callerPort, int proxyPort)
    {
        var running = _services.Where(static service => !service.HasExited).ToList();
        var owner = SocketOwner.Find(callerPort, proxyPort, running.Select(static service => service.ProcessId ?? 0));
        return running.Find(service => service.ProcessId == owner)?.Name ?? Client;
    }

    private TcpFaultProxy ProxyOf(ServiceProcess target) => _proxies.Find(proxy => proxy.Name == target.Name)
        ?? throw new ArgumentException($"{target} has no proxy", nameof(target));
}
