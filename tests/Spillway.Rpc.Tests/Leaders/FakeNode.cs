using System.Runtime.CompilerServices;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Tests.Leaders;

/// <summary>A metadata node that does as the test says: who leads, and what becomes of calls and streams.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private int _calls;
    private int _asked;
    private RpcTestServer? _server;

    private FakeNode(ulong nodeId) => NodeId = nodeId;

    public ulong NodeId { get; }

    public Uri Address => _server!.Address;

    /// <summary>Who this node says leads, and in which term.</summary>
    public FakeNode? Leader { get; set; }

    public ulong Term { get; set; } = 1;

    /// <summary>Who belongs to the group, as this node tells it.</summary>
    public IReadOnlyList<FakeNode> Members { get; set; } = [];

    /// <summary>What calls end with instead of an answer.</summary>
    public Func<CancellationToken, Task<RenewReply>>? OnCall { get; set; }

    /// <summary>As if its process stood still: nothing is answered any more.</summary>
    public bool Frozen { get; set; }

    /// <summary>What was asked of this node while it did not lead, and since.</summary>
    public List<EndTransactionCall> Ends { get; } = [];

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>How often it was asked who leads.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public static async Task<FakeNode> StartAsync(ulong nodeId)
    {
        var node = new FakeNode(nodeId);
        node._server = await RpcTestServer.StartAsync(app => app.MapRpcService(rpc => rpc
            .Unary(MembersMethods.Status, (_, context) => node.StatusAsync(context.CancellationToken))
            .Unary(TransactionMethods.EndTransaction, (request, _) => node.EndAsync(request))
            .Unary(RegistrationMethods.Renew, (_, context) => node.CallAsync(context.CancellationToken))
            .ServerStream(ClusterImageMethods.Watch, (_, context) => node.WatchAsync(context.CancellationToken))));
        return node;
    }

    /// <summary>All of them say that the first one leads, in the term.</summary>
    public static void Elect(ulong term, FakeNode leader, params FakeNode[] others)
    {
        foreach (var node in others.Append(leader))
        {
            (node.Leader, node.Term) = (leader, term);
        }
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<MembersStatusResult> StatusAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        await StandStillAsync(cancellationToken);
        var status = new MembersStatusResult
        {
            NodeId = NodeId,
            Role = Leader == this ? MemberRole.Leader : MemberRole.Follower,
            Term = Term,
            LeaderId = Leader?.NodeId ?? 0,
            LeaderAddress = Leader?.Address.ToString() ?? "",
        };
        status.Members.AddRange(Members.Select(
            static node => new MemberStatus { NodeId = node.NodeId, ServiceAddress = node.Address.ToString() }));
        return status;
    }

    private async Task<RenewReply> CallAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        await StandStillAsync(cancellationToken);
        if (Leader != this)
        {
            throw NotLeader.ToException(RpcStatusCode.Unavailable, "not here", Leader?.Address.ToString(), Term);
        }

        return OnCall is null ? new RenewReply { LeaseMs = (long)NodeId } : await OnCall(cancellationToken);
    }

    private Task<EndTransactionResult> EndAsync(EndTransactionCall request)
    {
        Ends.Add(request);
        return Leader == this
            ? Task.FromResult(new EndTransactionResult())
            : throw NotLeader.ToException(RpcStatusCode.Unavailable, "not here", Leader?.Address.ToString(), Term);
    }

    private async IAsyncEnumerable<ImageUpdate> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new ImageUpdate { Version = (long)NodeId };
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private Task StandStillAsync(CancellationToken cancellationToken) =>
        Frozen ? Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken) : Task.CompletedTask;
}
