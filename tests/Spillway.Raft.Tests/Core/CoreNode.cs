using System.Text;
using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Tests.Core;

/// <summary>One core with a host as small as can be: it persists, sends and applies in the order the notes ask for.</summary>
internal sealed class CoreNode
{
    private readonly RaftCoreOptions _options;
    private readonly RaftRules? _rules;
    private readonly Random _random;
    private ulong _counter;

    public CoreNode(RaftCoreOptions options, CoreDisk disk, Random random, RaftRules? rules = null)
    {
        _options = options;
        _random = random;
        _rules = rules;
        Disk = disk;
        Core = Start();
    }

    public ulong Id => _options.NodeId;

    public CoreDisk Disk { get; }

    public RaftCore Core { get; private set; }

    /// <summary>Everything applied, from the beginning of the log on.</summary>
    public List<RaftEntry> Applied { get; } = [];

    /// <summary>The commands among it.</summary>
    public IEnumerable<string> Commands => Applied
        .Where(static entry => entry.Type == LogEntryType.Commands && entry.Payload.Length > LogEntryHeader.Bytes)
        .Select(static entry => Encoding.UTF8.GetString(entry.Payload.Span[(LogEntryHeader.Bytes + 4)..]));

    /// <summary>The membership after each change that was applied in this life.</summary>
    public List<(ulong Index, Membership Membership)> Changes { get; } = [];

    public List<ReadState> Reads { get; } = [];

    public List<Ready> Done { get; } = [];

    public (ulong From, SnapshotId Id)? Wanted { get; set; }

    public void Restart() => Core = Start();

    /// <summary>Works off every Ready and returns what there is to send.</summary>
    public List<RaftMessage> Work()
    {
        var messages = new List<RaftMessage>();
        while (Core.TryReady(out var ready))
        {
            Disk.Write(ready.HardState, ready.Entries);
            messages.AddRange(ready.Messages);
            Finish(ready);
        }

        return messages;
    }

    /// <summary>What follows once a Ready is durable and sent.</summary>
    public void Finish(Ready ready)
    {
        foreach (var entry in ready.Committed)
        {
            Applied.Add(entry);
            if (entry.Type == LogEntryType.Membership)
            {
                Changes.Add((entry.Index, Core.ApplyChange(entry)));
            }
        }

        Reads.AddRange(ready.ReadStates);
        Wanted = ready.SnapshotWanted ?? Wanted;
        Done.Add(ready);
        Core.Advance();
    }

    public bool Propose(string command) => Core.TryPropose(Payload(command));

    public bool Propose(MemberChangeKind kind, ulong nodeId)
    {
        var change = new MemberChange(kind, nodeId, $"raft-{nodeId}:1", $"node-{nodeId}:1");
        return Core.TryProposeChange(MemberChangeFormat.WriteEntry(change, Id, 1, ++_counter), change);
    }

    /// <summary>A message to this node, in its term unless another is given.</summary>
    public void Receive(RaftMessageKind kind, ulong from, Func<RaftMessage, RaftMessage>? with = null)
    {
        var message = new RaftMessage(kind, from, Id, Core.Term);
        Core.Step(with is null ? message : with(message));
    }

    /// <summary>An election in which one other node votes for this one, and nobody hears of the result yet.</summary>
    public void Win(ulong voter)
    {
        Core.Campaign();
        Receive(RaftMessageKind.PreVoteReply, voter, static reply => reply with { Term = reply.Term + 1 });
        Work();
        Receive(RaftMessageKind.VoteReply, voter);
    }

    public ReadId Read()
    {
        var id = new ReadId(Id, 1, ++_counter);
        return Core.TryReadIndex(id) ? id : default;
    }

    /// <summary>A snapshot of all that is applied; the core keeps some entries behind it.</summary>
    public void TakeSnapshot(int keep = 0)
    {
        if (Applied.Count == 0)
        {
            return;
        }

        var last = Applied[^1];
        Disk.Install(new SnapshotId(last.Index, last.Term), Core.Membership, Applied);
        if (last.Index > (ulong)keep)
        {
            Core.Compact(last.Index - (ulong)keep);
        }
    }

    /// <summary>Installs another node's snapshot.</summary>
    public bool Restore(CoreDisk other)
    {
        Wanted = null;
        if (other.Snapshot.Index <= Core.CommitIndex)
        {
            return false;
        }

        Disk.Install(other.Snapshot, other.Membership, other.State);
        Applied.Clear();
        Applied.AddRange(other.State);
        return Core.TryRestore(other.Snapshot, other.Membership);
    }

    public static byte[] Payload(string command)
    {
        var bytes = Encoding.UTF8.GetBytes(command);
        var payload = new byte[LogEntryHeader.Bytes + 4 + bytes.Length];
        new LogEntryHeader(0, 0, LogEntryType.Commands, 1, 0, 0, 0).WriteTo(payload);
        BitConverter.TryWriteBytes(payload.AsSpan(LogEntryHeader.Bytes), bytes.Length);
        bytes.CopyTo(payload, LogEntryHeader.Bytes + 4);
        return payload;
    }

    private RaftCore Start()
    {
        Applied.Clear();
        Applied.AddRange(Disk.State);
        Wanted = null;
        return new RaftCore(_options, Disk.Recover(), _random, _rules);
    }
}
