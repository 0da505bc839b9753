using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Core;

/// <summary>A node that can be caught by a crash at any point of working off a Ready.</summary>
internal sealed class StormNode(CoreNode host, StormWitness witness, Random random, Action<RaftMessage> send)
{
    private readonly HashSet<ReadId> _openReads = [];

    public CoreNode Host => host;

    public RaftCore Core => host.Core;

    public ulong Id => host.Id;

    public bool IsUp { get; private set; } = true;

    public bool HasOpenReads => _openReads.Count > 0;

    public void Restart()
    {
        host.Restart();
        _openReads.Clear();
        IsUp = true;
    }

    public void Read()
    {
        var id = host.Read();
        if (id != default)
        {
            _openReads.Add(id);
            witness.ReadBegins(id);
        }
    }

    public void Work(double crash)
    {
        while (IsUp && Core.TryReady(out var ready))
        {
            var leads = Core.Role == RaftRole.Leader;
            if (leads)
            {
                Send(ready);
            }

            witness.Writes(host, ready.Entries);
            if (random.NextDouble() < crash)
            {
                CrashWhileWriting(ready);
                return;
            }

            host.Disk.Write(ready.HardState, ready.Entries);
            if (random.NextDouble() < crash)
            {
                IsUp = false;
                return;
            }

            if (!leads)
            {
                Send(ready);
            }

            Finish(ready);
        }
    }

    // Nothing, a part, or all of it: what is on the disk is a prefix of what was written, the HardState last.
    private void CrashWhileWriting(Ready ready)
    {
        var kept = random.Next(ready.Entries.Count + 1);
        host.Disk.Write(null, [.. ready.Entries.Take(kept)]);
        IsUp = false;
    }

    private void Send(Ready ready)
    {
        foreach (var message in ready.Messages)
        {
            send(message);
        }
    }

    private void Finish(Ready ready)
    {
        foreach (var entry in ready.Committed)
        {
            witness.Applies(host, entry);
        }

        foreach (var read in ready.ReadStates)
        {
            _openReads.Remove(read.Id);
            witness.ReadAnswered(read);
        }

        host.Finish(ready);
        if (Core.Role == RaftRole.Leader)
        {
            witness.Leads(host);
        }
        else
        {
            _openReads.Clear();
        }
    }
}
