using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Core;

/// <summary>A node that can be caught by a crash at any point of working off a Ready.</summary>
internal sealed class StormNode(CoreNode host, StormWitness witness, Random random, Action<RaftMessage> send)
{
    private readonly HashSet<ReadId> _openReads = [];
    private (Ready Ready, bool Leads)? _writing;

    public CoreNode Host => host;

    public RaftCore Core => host.Core;

    public ulong Id => host.Id;

    public bool IsUp { get; private set; } = true;

    public bool IsWriting => _writing is not null;

    public bool HasOpenReads => _openReads.Count > 0;

    public void Restart()
    {
        _writing = null;
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

    public void TakeSnapshot(int keep)
    {
        if (!IsWriting)
        {
            host.TakeSnapshot(keep);
        }
    }

    public void Crash()
    {
        if (IsWriting)
        {
            CrashWhileWriting(_writing!.Value.Ready);
        }

        IsUp = false;
    }

    /// <summary>Works off what is ready; with some luck crashes, or stays behind with a write while life goes on.</summary>
    public void Work(double crash, double slowDisk)
    {
        while (IsUp)
        {
            if (!IsWriting && !Begin())
            {
                return;
            }

            if (random.NextDouble() < slowDisk)
            {
                return;
            }

            End(crash);
        }
    }

    private bool Begin()
    {
        if (!Core.TryReady(out var ready))
        {
            return false;
        }

        var leads = Core.Role == RaftRole.Leader;
        _writing = (ready, leads);
        witness.Writes(host, ready.Entries);
        if (leads)
        {
            Send(ready);
        }

        return true;
    }

    private void End(double crash)
    {
        var (ready, leads) = _writing!.Value;
        if (random.NextDouble() < crash)
        {
            Crash();
            return;
        }

        _writing = null;
        host.Disk.Write(ready.HardState, ready.Entries);
        if (random.NextDouble() < crash)
        {
            Crash();
            return;
        }

        if (!leads)
        {
            Send(ready);
        }

        Finish(ready);
    }

    // Nothing, a part, or all of it: what is on the disk is a prefix of what was written, the HardState last.
    private void CrashWhileWriting(Ready ready)
    {
        var kept = random.Next(ready.Entries.Count + 1);
        host.Disk.Write(kept == ready.Entries.Count && random.Next(2) == 0 ? ready.HardState : null, [.. ready.Entries.Take(kept)]);
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

        host.Changes.Clear();
        host.Finish(ready);
        witness.Changes(host);
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
