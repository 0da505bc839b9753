using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>One node's end of a <see cref="SteppedGroup"/>'s network.</summary>
internal sealed class SteppedTransport(SteppedGroup group, SteppedNode node) : IRaftTransport
{
    public IRaftReceiver? Receiver { get; private set; }

    public IReadOnlyList<GroupMember> Members { get; private set; } = [];

    public Task StartAsync(IRaftReceiver receiver, CancellationToken ct)
    {
        Receiver = receiver;
        return Task.CompletedTask;
    }

    public void SetMembers(IReadOnlyList<GroupMember> members)
    {
        node.OnMembers?.Invoke(members);
        Members = members;
    }

    public void Send(IReadOnlyList<RaftMessage> messages)
    {
        foreach (var message in messages)
        {
            node.OnSend?.Invoke(message);
            group.Send(message);
        }
    }

    public Task FetchSnapshotAsync(ulong from, SnapshotId id, Stream destination, CancellationToken ct)
    {
        if (node.FetchesHang)
        {
            var never = new TaskCompletionSource();
            ct.Register(() => never.TrySetCanceled(ct));
            return never.Task;
        }

        var source = group.Node(from);
        if (group.IsCut(node.Id, from) || source.Log is null || source.Transport.Receiver?.OpenSnapshot(id) is not { } file)
        {
            throw new IOException($"Node {from} has no such snapshot.");
        }

        using (file)
        {
            using var content = new MemoryStream();
            file.CopyTo(content);
            var bytes = content.ToArray();
            node.OnFetched?.Invoke(bytes);
            destination.Write(bytes);
        }

        source.Transport.Receiver!.SnapshotServed(node.Id, delivered: true);
        node.Fetches++;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
