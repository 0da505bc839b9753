using Spillway.Raft.Tests.Support;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>Does harm, all kinds at once, at random moments. What it stops it starts again; <see cref="Stop"/> mends all.</summary>
internal sealed class Nemesis(Cluster cluster, Random random)
{
    // Some seeds are quieter than others: a cluster that is always down shows little.
    private readonly int _pauseMsMax = 300 + random.Next(2_500);
    private readonly Plot _plot = cluster.Setup.Plot ?? (Plot)random.Next(3);
    private bool _stopped;
    private bool _plotting;
    private int _mending;

    public SortedDictionary<string, long> Faults { get; } = [];

    public void Begin()
    {
        cluster.Clock.After(TimeSpan.FromMilliseconds(random.Next(1_000)), Strike);
        if (_plot != Plot.None)
        {
            PlotSoon();
        }
    }

    /// <summary>No more harm: links are whole, everyone runs, disks work.</summary>
    public void Stop()
    {
        _stopped = true;
        cluster.HasFaults = false;
        cluster.Network.Mend();
        cluster.Network.Weather = Weather.Calm;
        foreach (var node in cluster.Nodes.ToList())
        {
            node.Disk.FailNextFlush = node.Disk.FailNextWrite = false;
            node.Disk.CrashAtNextFlush = null;
            node.Disk.CrashAfter(int.MaxValue);
            node.FlushTime = SimulatedNode.UsualFlushTime;
            node.CrashesBetweenSendAndFlush = false;
            node.Process?.Resume();
            node.Start();
        }
    }

    private void Strike()
    {
        if (_stopped)
        {
            return;
        }

        var up = cluster.Nodes.Where(static node => node.Process is not null).ToList();
        if (up.Count > 0)
        {
            Strike(up[random.Next(up.Count)], up);
        }

        cluster.Clock.After(TimeSpan.FromMilliseconds(20 + random.Next(_pauseMsMax)), Strike);
    }

    private void Strike(SimulatedNode node, List<SimulatedNode> up)
    {
        var leader = up.Find(static candidate => candidate.Process!.IsLeader);
        switch (random.Next(34))
        {
            case >= 31 when !_plotting:
                Begin((Plot)random.Next(1, 3));
                break;
            case < 4 when leader is not null:
                Count("crash armed between send and flush");
                leader.CrashesBetweenSendAndFlush = true;
                break;
            case < 6:
                Count("crash armed in a flush");
                node.Disk.CrashAtNextFlush = (FlushCrash)random.Next(3);
                break;
            case < 8:
                Count("crash armed in a disk operation");
                node.Disk.CrashAfter(random.Next(40));
                break;
            case < 9:
                Count("crash");
                node.Crash();
                break;
            case < 10 when random.Next(3) == 0:
                Count("crash of all");
                up.ForEach(static each => each.Crash());
                break;
            case < 11:
                Count("failing flush or write");
                node.Disk.FailNextFlush = random.Next(2) == 0;
                node.Disk.FailNextWrite = !node.Disk.FailNextFlush;
                break;
            case < 13:
                Count("pause");
                Pause(random.Next(2) == 0 ? node : leader ?? node);
                break;
            case < 16:
                Cut(random.Next(2) == 0 ? node : leader ?? node);
                break;
            case < 20:
                Count("weather");
                cluster.Network.Weather = random.Next(3) == 0 ? Weather.Calm : Weather.Storm(random);
                break;
            case < 22:
                Count("hand-over");
                leader?.Process?.TransferLeadership(cluster.Nodes[random.Next(cluster.Nodes.Count)].Id);
                break;
            case < 24:
                Count("snapshot");
                node.Process?.TakeSnapshot();
                break;
            case < 26:
                Count("slow disk");
                SlowDisk(node);
                break;
            case < 28:
                Count("slow background work");
                node.AsideTime = TimeSpan.FromMilliseconds(random.Next(2_000));
                break;
        }
    }

    private void PlotSoon() => cluster.Clock.After(TimeSpan.FromMilliseconds(random.Next(2_000)), () =>
    {
        if (!_stopped && !_plotting)
        {
            Begin(_plot);
        }
    });

    private void Begin(Plot plot)
    {
        _plotting = true;
        Count(plot.ToString());
        if (plot == Plot.Deposition)
        {
            new Deposition(cluster, random, End).Begin();
        }
        else
        {
            HandOverUnseen();
        }
    }

    private void End()
    {
        cluster.Network.Mend();
        _plotting = false;
        if (_plot != Plot.None)
        {
            PlotSoon();
        }
    }

    private void Pause(SimulatedNode node)
    {
        var process = node.Process!;
        process.Pause();
        cluster.Clock.After(TimeSpan.FromMilliseconds(50 + random.Next(3_000)), process.Resume);
    }

    private void SlowDisk(SimulatedNode node)
    {
        node.FlushTime = TimeSpan.FromMilliseconds(5 + random.Next(150));
        cluster.Clock.After(
            TimeSpan.FromMilliseconds(random.Next(3_000)), () => node.FlushTime = SimulatedNode.UsualFlushTime);
    }

    private void Cut(SimulatedNode node)
    {
        var others = cluster.Nodes.Where(other => other != node).Select(static other => other.Id).ToList();
        switch (random.Next(5))
        {
            case 0:
                Count("cut off from all");
                others.ForEach(other => CutBothWays(node.Id, other));
                break;
            case 1:
                Count("heard by none");
                others.ForEach(other => cluster.Network.Cut(node.Id, other));
                break;
            case 2:
                Count("hears none");
                others.ForEach(other => cluster.Network.Cut(other, node.Id));
                break;
            case 3:
                Count("cut at random");
                CutAtRandom();
                break;
            default:
                Count("split in two");
                var side = others.Where(_ => random.Next(2) == 0).Append(node.Id).ToHashSet();
                foreach (var here in side)
                {
                    others.Where(other => !side.Contains(other)).ToList().ForEach(other => CutBothWays(here, other));
                }

                break;
        }

        MendAfter(TimeSpan.FromMilliseconds(100 + random.Next(4_000)));
    }

    private void CutAtRandom()
    {
        foreach (var from in cluster.Nodes)
        {
            foreach (var to in cluster.Nodes.Where(to => to != from && random.Next(3) == 0))
            {
                cluster.Network.Cut(from.Id, to.Id);
            }
        }
    }

    // Leadership goes to another node, and the old leader does not hear of it: what still comes to it was sent before.
    private void HandOverUnseen()
    {
        var slowness = TimeSpan.FromMilliseconds(random.Next(800));
        cluster.Clock.After(slowness + TimeSpan.FromMilliseconds(200 + random.Next(1_500)), End);
        if (cluster.Leader is not { } leader || cluster.Nodes.Count < 3)
        {
            return;
        }

        var others = cluster.Nodes.Where(other => other != leader).Select(static other => other.Id).ToList();
        var successor = others[random.Next(others.Count)];
        others.Remove(successor);
        others.ForEach(other => cluster.Network.Slow(other, leader.Id, slowness));
        cluster.Clock.After(slowness, () =>
        {
            if (_stopped)
            {
                return;
            }

            leader.Process?.TransferLeadership(successor);
            others.ForEach(other => cluster.Network.Cut(leader.Id, other));
            cluster.Clock.After(
                TimeSpan.FromMicroseconds(random.Next(20_000)), () => cluster.Network.Cut(successor, leader.Id));
        });
    }

    // A later cut adds to an earlier one, and the last mending mends both.
    private void MendAfter(TimeSpan time)
    {
        var mending = ++_mending;
        cluster.Clock.After(time, () =>
        {
            if (mending == _mending && !_plotting)
            {
                cluster.Network.Mend();
            }
        });
    }

    private void CutBothWays(ulong one, ulong other)
    {
        cluster.Network.Cut(one, other);
        cluster.Network.Cut(other, one);
    }

    private void Count(string fault) => Faults[fault] = Faults.GetValueOrDefault(fault) + 1;
}
