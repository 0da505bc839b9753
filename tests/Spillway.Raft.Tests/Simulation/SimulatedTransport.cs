using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>One process's end of the <see cref="SimulatedNetwork"/>.</summary>
internal sealed class SimulatedTransport(SimulatedNetwork network, ISimulatedProcess process) : IRaftTransport
{
    private IRaftReceiver? _receiver;
    private IReadOnlyList<GroupMember> _members = [];

    public ulong NodeId => process.NodeId;

    public IRaftReceiver? Receiver => _receiver;

    public ISimulatedProcess Process => process;

    public Task StartAsync(IRaftReceiver receiver, CancellationToken ct)
    {
        _receiver = receiver;
        network.Attach(this);
        return Task.CompletedTask;
    }

    public void SetMembers(IReadOnlyList<GroupMember> members) => _members = members;

    public void Send(IReadOnlyList<RaftMessage> messages)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].From != NodeId || messages[i].To == NodeId)
            {
                throw new HistoryViolationException(HistoryRule.StaysUp,
                    $"node {NodeId} sends from {messages[i].From} to {messages[i].To}");
            }

            network.Send(messages[i]);
        }

        process.HasSent(messages);
    }

    public Task FetchSnapshotAsync(ulong from, SnapshotId id, Stream destination, CancellationToken ct) =>
        new SimulatedFetch(network, this, from, destination, ct).Begin(id);

    public void Deliver(RaftMessage message)
    {
        process.Enter(() => _receiver!.Receive(message));
        if (_members.Count > 0 && _members.All(member => member.NodeId != message.From))
        {
            network.TellRemoved(NodeId, message.From, process.AppliedIndex);
        }
    }

    public void TellRemoved(ulong byNodeId, ulong appliedIndex) =>
        process.Enter(() => _receiver!.Removed(byNodeId, appliedIndex));

    public void ReportUnreachable(ulong nodeId) => process.Enter(() => _receiver!.Unreachable(nodeId));

    /// <summary>The process is gone.</summary>
    public void Close() => network.Detach(this);

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }
}
