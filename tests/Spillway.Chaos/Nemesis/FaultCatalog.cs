using Spillway.Chaos.Cluster;
using Spillway.FaultProxy;

namespace Spillway.Chaos.Nemesis;

/// <summary>Draws faults: to processes, to links, to volumes and at fail-points. One owner.</summary>
internal sealed class FaultCatalog(ChaosCluster cluster, Random random, TimeSpan durationMax)
{
    private static readonly string[] WriterPoints =
    [
        "wal-writer.block-written", "wal-writer.block-flushed", "wal-writer.block-committed", "wal-writer.segment-sealed",
        "wal-writer.segment-opened",
    ];

    private static readonly string[] CompactorPoints =
    [
        "job-acquired", "ranges-read", "object-prepared", "object-stored", "object-committed", "drain-finished", "segments-unlinked",
        "objects-deleted", "job-completed",
    ];

    private Func<Fault>[] All =>
    [
        Kill, Kill, KillAllMetadata, KillLeader, IsolateLeader, PauseLeader, Pause, Pause,
        CutLink, CutLink, Isolate, ResetLinks, SlowLink, ReorderLink, RefuseLink, CutClients,
        SlowFlush, FailFlush, FillVolume, ShortWrite, TornBlock, FreezeVolume, StaleRead, FailRead, CrashWriter, LoseCommit, CrashCompactor,
    ];

    private Func<Fault>[] OfStore => [SlowStore, CutStore];

    /// <summary>Another fault of any kind.</summary>
    public Fault Draw() => Pick(cluster.StoreLinks.Any() ? [.. All, .. OfStore] : All)();

    /// <summary>The object store answers after seconds.</summary>
    public Fault SlowStore()
    {
        var conditions = new LinkConditions { Latency = TimeSpan.FromMilliseconds(random.Next(500, 2_000)), Jitter = TimeSpan.FromSeconds(1) };
        return OnStore("slow-store", link => link.Set(conditions));
    }

    /// <summary>The object store is not there: no answer, or refused connections.</summary>
    public Fault CutStore() => OnStore("cut-store", random.Next(2) == 0 ? static link => link.Drop() : Refuse);

    public Fault KillAllMetadata() => new(
        "kill-all-metadata",
        "metadata",
        TimeSpan.Zero,
        () => Task.WhenAll(cluster.Of(ServiceRole.Metadata).Select(static node => node.Kill9Async())),
        Nothing);

    public Fault KillLeader() => new(
        "kill-leader",
        "metadata",
        TimeSpan.Zero,
        async () => await (await cluster.FindLeaderAsync() ?? cluster.Of(ServiceRole.Metadata).First()).Kill9Async(),
        Nothing);

    private Fault IsolateLeader()
    {
        List<FaultLink> links = [];
        var conditions = new LinkConditions { Flow = random.Next(2) == 0 ? LinkFlow.Hold : LinkFlow.Drop };
        var raftOnly = random.Next(2) == 0;
        return new Fault(
            "isolate-leader",
            $"metadata {conditions.Flow}{(raftOnly ? " from the other nodes" : "")}",
            Duration(),
            async () =>
            {
                if (await cluster.FindLeaderAsync() is { } leader)
                {
                    links.AddRange(cluster.LinksOf(leader).Where(link => !raftOnly || link.Target.EndsWith(".raft", StringComparison.Ordinal)));
                    links.ForEach(link => link.Set(conditions));
                }
            },
            () => links.ForEach(static link => link.Heal()));
    }

    private Fault PauseLeader()
    {
        ServiceProcess? leader = null;
        return new Fault(
            "pause-leader",
            "metadata",
            Duration(),
            async () =>
            {
                leader = await cluster.FindLeaderAsync();
                leader?.Pause();
            },
            () => leader?.Resume());
    }

    private Fault Kill()
    {
        var service = Pick(cluster.Services);
        return new Fault("kill", service.Name, TimeSpan.Zero, service.Kill9Async, Nothing);
    }

    private Fault Pause()
    {
        var service = Pick(cluster.Services);
        return new Fault("pause", service.Name, Duration(), Now(service.Pause), service.Resume);
    }

    private Fault CutLink()
    {
        var link = Pick([.. cluster.Links]);
        var conditions = new LinkConditions { Flow = random.Next(2) == 0 ? LinkFlow.Hold : LinkFlow.Drop };
        var way = random.Next(3);
        return new Fault(
            $"cut-{(way == 0 ? "both" : "one-way")}",
            $"{link} {conditions.Flow} {(way == 1 ? "to target" : way == 2 ? "to caller" : "")}",
            Duration(),
            Now(() =>
            {
                link.ToTarget.Conditions = way == 2 ? link.ToTarget.Conditions : conditions;
                link.ToCaller.Conditions = way == 1 ? link.ToCaller.Conditions : conditions;
            }),
            link.Heal);
    }

    private Fault Isolate()
    {
        var service = Pick(cluster.Services);
        var links = cluster.LinksOf(service).ToList();
        var drops = random.Next(2) == 0;
        return new Fault(
            "isolate",
            $"{service} {(drops ? LinkFlow.Drop : LinkFlow.Hold)}",
            Duration(),
            Now(() => links.ForEach(link =>
            {
                if (drops)
                {
                    link.Drop();
                }
                else
                {
                    link.Hold();
                }
            })),
            () => links.ForEach(static link => link.Heal()));
    }

    private Fault ResetLinks()
    {
        var service = Pick(cluster.Services);
        return new Fault(
            "reset",
            service.Name,
            TimeSpan.Zero,
            Now(() => cluster.LinksOf(service).ToList().ForEach(static link => link.ResetConnections())),
            Nothing);
    }

    private Fault SlowLink() => OnLink("slow", new LinkConditions
    {
        Latency = TimeSpan.FromMilliseconds(random.Next(5, 300)),
        Jitter = TimeSpan.FromMilliseconds(random.Next(100)),
    });

    private Fault ReorderLink() => OnLink("reorder", new LinkConditions { ConnectionLatencyMax = TimeSpan.FromMilliseconds(random.Next(50, 800)) });

    private Fault OnLink(string kind, LinkConditions conditions)
    {
        var link = Pick([.. cluster.Links]);
        return new Fault(kind, link.ToString(), Duration(), Now(() => link.Set(conditions)), link.Heal);
    }

    private Fault RefuseLink()
    {
        var link = Pick([.. cluster.Links]);
        return new Fault("refuse", link.ToString(), Duration(), Now(() => Refuse(link)), link.Heal);
    }

    private Fault OnStore(string kind, Action<FaultLink> make)
    {
        var links = cluster.StoreLinks.ToList();
        return new Fault(kind, "store", Duration(), Now(() => links.ForEach(make)), () => links.ForEach(static link => link.Heal()));
    }

    private static void Refuse(FaultLink link)
    {
        link.RefusesConnections = true;
        link.ResetConnections();
    }

    private Fault CutClients()
    {
        var link = cluster.ClientLink(Pick([.. cluster.Of(ServiceRole.Frontend)]));
        return new Fault("cut-clients", link.ToString(), Duration(), Now(random.Next(2) == 0 ? link.Drop : link.Hold), link.Heal);
    }

    private Fault SlowFlush() => InProcess(
        "slow-flush", ServiceRole.Writer, $"\"volume\":\"*\",\"fault\":\"delay\",\"ms\":{random.Next(100, 2_000)},\"probability\":0.3");

    private Fault FailFlush() => InProcess(
        "fail-flush", ServiceRole.Writer, $"\"volume\":\"*\",\"fault\":\"error\",\"errno\":\"EIO\",\"count\":{random.Next(1, 4)}");

    private Fault FillVolume() => InProcess(
        "full-volume", ServiceRole.Writer, "\"volume\":\"*\",\"fault\":\"error\",\"calls\":[\"create\",\"write\"],\"errno\":\"ENOSPC\",\"probability\":0.7");

    private Fault ShortWrite() => InProcess(
        "short-write", ServiceRole.Writer, $"\"volume\":\"*\",\"fault\":\"short-write\",\"count\":{random.Next(1, 3)}");

    private Fault TornBlock() => InProcess("torn-block", ServiceRole.Writer, "\"volume\":\"*\",\"fault\":\"torn-block\",\"count\":1");

    private Fault FreezeVolume() => InProcess(
        "freeze", Pick([ServiceRole.Writer, ServiceRole.Frontend, ServiceRole.Compactor]), "\"volume\":\"*\",\"fault\":\"freeze\"");

    private Fault StaleRead() => InProcess(
        "stale-read",
        Pick([ServiceRole.Frontend, ServiceRole.Compactor]),
        $"\"volume\":\"*\",\"fault\":\"{Pick(["stale-size", "stale-page"])}\",\"probability\":0.5,\"fresh\":{Pick(["true", "false"])}");

    private Fault FailRead() => InProcess(
        "fail-read",
        Pick([ServiceRole.Frontend, ServiceRole.Compactor]),
        $"\"volume\":\"*\",\"fault\":\"error\",\"calls\":[\"open\",\"read\"],\"errno\":\"{Pick(["EIO", "ESTALE", "ENOENT"])}\",\"probability\":0.5");

    private Fault CrashWriter() => InProcess(
        "crash-at", ServiceRole.Writer, $"\"failPoint\":\"{Pick(WriterPoints)}\",\"fault\":\"crash\",\"skip\":{random.Next(20)},\"count\":1");

    private Fault LoseCommit() => InProcess(
        "lose-commit", ServiceRole.Writer, $"\"failPoint\":\"wal-writer.block-committed\",\"fault\":\"lose\",\"count\":{random.Next(1, 20)}");

    private Fault CrashCompactor() => InProcess(
        "crash-at", ServiceRole.Compactor, $"\"failPoint\":\"s3-compactor.{Pick(CompactorPoints)}\",\"fault\":\"crash\",\"count\":1");

    private Fault InProcess(string kind, ServiceRole role, string properties)
    {
        var service = Pick([.. cluster.Of(role)]);
        Action remove = Nothing;
        return new Fault(
            kind,
            $"{service} {properties.Replace("\"", "", StringComparison.Ordinal)}",
            Duration(),
            Now(() => remove = service.Faults.Add(properties)),
            () => remove());
    }

    private static Func<Task> Now(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static void Nothing()
    {
    }

    private TimeSpan Duration() =>
        TimeSpan.FromSeconds(1) + ((durationMax - TimeSpan.FromSeconds(1)) * Math.Pow(random.NextDouble(), 2));

    private T Pick<T>(IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];
}
