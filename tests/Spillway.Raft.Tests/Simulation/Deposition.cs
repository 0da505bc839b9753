namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// Harm with a plan, for what chance alone finds too rarely: whoever is elected is cut off, at once, within its first round
/// trips, or when it has got a few commands done; alone, or with a companion that takes what it still sends. Where that
/// leaves too few, the one that was cut off first comes back, perhaps by way of a crash, with whatever it has that nobody
/// else has.
/// </summary>
internal sealed class Deposition(Cluster cluster, Random random, Action ended)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(3);

    private readonly Queue<ulong> _cutOff = new();
    private int _rounds = 1 + random.Next(8);
    private int _round;

    /// <summary>Begins with whoever leads.</summary>
    public void Begin()
    {
        Await();
        if (cluster.Leader is { } leader)
        {
            cluster.OnElected!(leader);
        }
    }

    private void Await()
    {
        var round = ++_round;
        cluster.OnElected = leader =>
        {
            cluster.OnElected = null;
            Choose(leader);
        };
        cluster.Clock.After(PatienceMax, () =>
        {
            if (round == _round)
            {
                End();
            }
        });
    }

    private void End()
    {
        _round++;
        cluster.OnElected = null;
        ended();
    }

    // What it sends in the moment of its election has not arrived yet, and with a cut at once never does.
    private void Choose(SimulatedNode leader)
    {
        switch (random.Next(4))
        {
            case 0:
                CutOff(leader);
                break;
            case 1:
                cluster.Clock.After(
                    TimeSpan.FromMicroseconds(random.Next(100 << random.Next(10))), () => CutOff(leader));
                break;
            default:
                AwaitCommands(leader, cluster.Checker.Applied + random.Next(12), cluster.Clock.Now + PatienceMax);
                break;
        }
    }

    private void AwaitCommands(SimulatedNode leader, int commands, TimeSpan patience)
    {
        if (cluster.Checker.Applied >= commands || cluster.Clock.Now > patience)
        {
            CutOff(leader);
        }
        else
        {
            cluster.Clock.After(LookEvery, () => AwaitCommands(leader, commands, patience));
        }
    }

    private void CutOff(SimulatedNode leader)
    {
        if (!cluster.HasFaults || --_rounds <= 0)
        {
            End();
            return;
        }

        _cutOff.Enqueue(leader.Id);
        while (_cutOff.Count > Math.Max(1, (cluster.Nodes.Count - 1) / 2))
        {
            ComeBack(_cutOff.Dequeue());
        }

        cluster.Network.Mend();
        foreach (var id in _cutOff)
        {
            var companion = random.Next(3) == 0 ? cluster.Nodes[random.Next(cluster.Nodes.Count)].Id : id;
            foreach (var other in cluster.Nodes.Where(other => other.Id != id && other.Id != companion))
            {
                cluster.Network.Cut(id, other.Id);
                cluster.Network.Cut(other.Id, id);
            }
        }

        Await();
    }

    private void ComeBack(ulong id)
    {
        if (random.Next(3) == 0)
        {
            cluster.Nodes.FirstOrDefault(node => node.Id == id)?.Process?.Kill();
        }
    }
}
