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

    private readonly List<ServiceProcess> _services = [];
    private readonly List<TcpFaultProxy> _proxies = [];
    private readonly ClusterPorts _ports = new();
    private readonly ChaosClusterOptions _options;
    private readonly List<BrokerAddress> _kafka = [];

    public ChaosCluster(ChaosClusterOptions options)
    {
        _options = options;
        foreach (var folder in new[] { "wal", "objects", "metadata", "faults", "log" })
        {
            Directory.CreateDirectory(Path.Combine(options.Folder, folder));
        }

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

    public IEnumerable<ServiceProcess> Of(ServiceRole role) => _services.Where(service => service.Role == role);

    /// <summary>The links that begin or end at a service.</summary>
    public IEnumerable<FaultLink> LinksOf(ServiceProcess service) =>
        Links.Where(link => link.Target == service.Name || link.Caller == service.Name);

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

    private string AddMetadata()
    {
        if (_options.MetadataCount != 1)
        {
            throw new NotSupportedException("metadata of several nodes is not there yet");
        }

        var port = _ports.Take();
        var service = Add("metadata-1", ServiceRole.Metadata, _options.Zones[0],
        [
            Setting("Metadata:DataFolder", Path.Combine(Folder, "metadata", "1")), Setting("Metadata:RpcPort", port),
            Setting("Metadata:RaftPort", _ports.Take()),
        ]);
        return Address(AddProxy(service, port));
    }

    private string AddRouter(string metadata)
    {
        var port = _ports.Take();
        var service = Add("zone-router", ServiceRole.ZoneRouter, _options.Zones[0],
        [
            Setting("ZoneRouter:RpcPort", port), Setting("Neighbours:Metadata", metadata),
        ]);
        return Address(AddProxy(service, port));
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
            .. Volume("ProtocolFrontend"), .. Objects(), .. Faults(name),
            Setting("ProtocolFrontend:Name", name), Setting("ProtocolFrontend:Zone", zone),
            Setting("ProtocolFrontend:ListenPort", port), Setting("ProtocolFrontend:AdvertisedPort", proxy),
            Setting("Neighbours:Metadata", metadata), Setting("Neighbours:ZoneRouter", router),
        ]);
        _kafka.Add(new BrokerAddress("127.0.0.1", proxy));
    }

    private void AddCompactor(string name, string zone, string metadata) => Add(name, ServiceRole.Compactor, zone,
    [
        .. Volume("S3Compactor"), .. Objects(), .. Faults(name),
        Setting("S3Compactor:Name", name), Setting("S3Compactor:Zone", zone), Setting("Neighbours:Metadata", metadata),
    ]);

    private ServiceProcess Add(string name, ServiceRole role, string zone, string[] settings)
    {
        var httpPort = _ports.Take();
        string[] all = [.. settings, .. ClusterSettings.Of(role), .. _options.Settings.GetValueOrDefault(role, []), Setting("Service:HttpPort", httpPort)];
        var service = new ServiceProcess(name, role, zone, httpPort, Folder, [.. all.Select(static setting => "--Spillway:" + setting)]);
        _services.Add(service);
        return service;
    }

    private IEnumerable<string> Volume(string section) =>
        [$"{section}:Volumes:0:Name=wal1", $"{section}:Volumes:0:Path={Path.Combine(Folder, "wal")}"];

    private IEnumerable<string> Objects() => ["ObjectStore:Kind=Folder", $"ObjectStore:Folder={Path.Combine(Folder, "objects")}"];

    private IEnumerable<string> Faults(string name) => [$"Faults:ControlFile={ServiceProcess.FaultPath(Folder, name)}"];

    private int AddProxy(ServiceProcess service, int port) => AddProxy(service.Name, port);

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
