using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Groups;

/// <summary>Remembers what it was asked and answers as the test says.</summary>
internal sealed class FakeGroupService : IGroupService
{
    /// <summary>Every call ends like this.</summary>
    public RpcStatusCode? Failure { get; set; }

    /// <summary>JoinGroup waits until its caller gives up.</summary>
    public bool JoinsForever { get; set; }

    /// <summary>The last request.</summary>
    public object? Asked { get; private set; }

    public TaskCompletionSource JoinBegan { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JoinGroupResult Join { get; set; } = new();

    public SyncGroupResult Sync { get; set; } = new();

    public HeartbeatResult Beat { get; set; } = new();

    public LeaveGroupResult Leave { get; set; } = new();

    public Func<CommitOffsetsCall, CommitOffsetsResult> Commit { get; set; } =
        call => new CommitOffsetsResult { ErrorCodes = { call.Offsets.Select(_ => 0) } };

    public Func<FetchOffsetsCall, FetchOffsetsResult> Fetch { get; set; } = _ => new FetchOffsetsResult();

    public DescribeGroupsResult Describe { get; set; } = new();

    public ListGroupsResult List { get; set; } = new();

    public DeleteGroupsResult Delete { get; set; } = new();

    public ConsumerHeartbeatResult ConsumerBeat { get; set; } = new();

    public DescribeConsumerGroupsResult DescribeConsumers { get; set; } = new();

    public DeleteOffsetsResult DeletedOffsets { get; set; } = new();

    public T Last<T>() => Assert.IsType<T>(Asked);

    public async Task<JoinGroupResult> JoinGroupAsync(JoinGroupCall request, CancellationToken cancellationToken)
    {
        if (JoinsForever)
        {
            JoinBegan.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        return await AnswerAsync(request, Join);
    }

    public Task<SyncGroupResult> SyncGroupAsync(SyncGroupCall request, CancellationToken cancellationToken) => AnswerAsync(request, Sync);

    public Task<HeartbeatResult> HeartbeatAsync(HeartbeatCall request, CancellationToken cancellationToken) => AnswerAsync(request, Beat);

    public Task<LeaveGroupResult> LeaveGroupAsync(LeaveGroupCall request, CancellationToken cancellationToken) => AnswerAsync(request, Leave);

    public Task<ConsumerHeartbeatResult> ConsumerGroupHeartbeatAsync(
        ConsumerHeartbeatCall request, CancellationToken cancellationToken) => AnswerAsync(request, ConsumerBeat);

    public Task<DescribeConsumerGroupsResult> DescribeConsumerGroupsAsync(
        DescribeGroupsCall request, CancellationToken cancellationToken) => AnswerAsync(request, DescribeConsumers);

    public Task<DeleteOffsetsResult> DeleteOffsetsAsync(DeleteOffsetsCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, DeletedOffsets);

    public Task<CommitOffsetsResult> CommitOffsetsAsync(CommitOffsetsCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Commit(request));

    public Task<FetchOffsetsResult> FetchOffsetsAsync(FetchOffsetsCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Fetch(request));

    public Task<DescribeGroupsResult> DescribeGroupsAsync(DescribeGroupsCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Describe);

    public Task<ListGroupsResult> ListGroupsAsync(ListGroupsCall request, CancellationToken cancellationToken) => AnswerAsync(request, List);

    public Task<DeleteGroupsResult> DeleteGroupsAsync(DeleteGroupsCall request, CancellationToken cancellationToken) =>
        AnswerAsync(request, Delete);

    private Task<T> AnswerAsync<T>(object request, T answer)
    {
        Asked = request;
        return Failure is { } code ? throw new RpcException(code, "the test says so") : Task.FromResult(answer);
    }
}
