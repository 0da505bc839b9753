namespace Spillway.Raft.Tests.Simulation;

/// <summary>Clients: they propose and read where they think the leader is, are often wrong, and sometimes ask too much.</summary>
internal sealed class Workload(Cluster cluster, Random random)
{
    private const int BurstCommands = 120;

    private long _nextId;
    private bool _stopped;

    public void Begin()
    {
        cluster.Clock.After(TimeSpan.FromMilliseconds(random.Next(30)), Propose);
        cluster.Clock.After(TimeSpan.FromMilliseconds(random.Next(30)), Read);
    }

    public void Stop() => _stopped = true;

    /// <summary>One command now, on that node.</summary>
    public Task<ProposalResult> Propose(NodeProcess process, int commandBytes) =>
        process.Propose(_nextId++, commandBytes);

    private void Propose()
    {
        if (_stopped)
        {
            return;
        }

        if (Choose() is { } process)
        {
            var commands = random.Next(100) == 0 ? BurstCommands : 1 + random.Next(4);
            var bytesMax = random.Next(10) == 0 ? 900 : 100;
            while (commands-- > 0)
            {
                Propose(process, 8 + random.Next(bytesMax));
            }
        }

        cluster.Clock.After(TimeSpan.FromMilliseconds(1 + random.Next(40)), Propose);
    }

    private void Read()
    {
        if (_stopped)
        {
            return;
        }

        if (Choose() is { } process)
        {
            for (var reads = 1 + random.Next(3); reads > 0; reads--)
            {
                process.Read();
            }
        }

        cluster.Clock.After(TimeSpan.FromMilliseconds(1 + random.Next(60)), Read);
    }

    // One that thinks it leads, which may be several; at times anyone.
    private NodeProcess? Choose()
    {
        var running = cluster.Nodes.Select(static node => node.Process).OfType<NodeProcess>().ToList();
        var leaders = running.FindAll(static process => process.IsLeader);
        var among = random.Next(20) != 0 ? leaders : running;
        return among.Count == 0 ? null : among[random.Next(among.Count)];
    }
}
