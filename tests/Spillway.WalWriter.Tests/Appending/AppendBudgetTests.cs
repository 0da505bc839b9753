using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;
using Spillway.Testing;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Flushing;
using Xunit;

namespace Spillway.WalWriter.Tests.Appending;

public sealed class AppendBudgetTests
{
    private const long BytesMax = 1000;

    private readonly ManualTimeProvider _time = new();
    private readonly AppendBudget _budget;
    private readonly BlockPipeline _pipeline;

    public AppendBudgetTests()
    {
        _budget = new AppendBudget(BytesMax, _time);
        _pipeline = CreatePipeline();
    }

    [Fact]
    public void Room_goes_to_the_stream_that_has_least_of_it()
    {
        var (greedy, modest) = (CreateShare(), CreateShare());
        for (var i = 0; i < 5; i++)
        {
            Assert.True(_budget.ReserveAsync(greedy, 200).AsTask().IsCompleted);
        }

        var more = _budget.ReserveAsync(greedy, 200).AsTask();
        var first = _budget.ReserveAsync(modest, 150).AsTask();
        _budget.Release(greedy, 200);

        Assert.True(first.IsCompletedSuccessfully);
        Assert.False(more.IsCompleted);
        Assert.Equal(950, _budget.HeldBytes);
        _budget.Release(greedy, 200);
        Assert.True(more.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_large_request_waits_for_its_turn_and_not_for_ever()
    {
        var (large, small) = (CreateShare(), CreateShare());
        for (var i = 0; i < 10; i++)
        {
            Assert.True(_budget.ReserveAsync(small, 100).AsTask().IsCompleted);
        }

        var big = _budget.ReserveAsync(large, 900).AsTask();
        var others = new List<Task<bool>>();
        for (var i = 0; i < 9; i++)
        {
            others.Add(_budget.ReserveAsync(small, 100).AsTask());
            _budget.Release(small, 100);
        }

        Assert.True(big.IsCompletedSuccessfully);
        Assert.All(others, other => Assert.False(other.IsCompleted));
        Assert.Equal(1000, _budget.HeldBytes);
    }

    [Fact]
    public void What_is_larger_than_the_budget_is_let_in_alone()
    {
        var (one, other) = (CreateShare(), CreateShare());
        Assert.True(_budget.ReserveAsync(one, 10).AsTask().IsCompleted);

        var huge = _budget.ReserveAsync(other, 5000).AsTask();
        Assert.False(huge.IsCompleted);
        _budget.Release(one, 10);

        Assert.True(huge.IsCompletedSuccessfully);
        Assert.False(_budget.ReserveAsync(one, 1).AsTask().IsCompleted);
    }

    [Fact]
    public async Task What_waits_in_a_broken_stream_is_refused_and_the_others_go_on()
    {
        var (broken, lasting) = (CreateShare(), CreateShare(CreatePipeline()));
        Assert.True(_budget.ReserveAsync(lasting, 1000).AsTask().IsCompleted);
        var refused = _budget.ReserveAsync(broken, 500).AsTask();
        var granted = _budget.ReserveAsync(lasting, 500).AsTask();
        var observer = new Observer();
        Assert.Null(_budget.FindOldest(CreatePipeline()));
        Assert.Equal(_time.GetTimestamp(), _budget.FindOldest(_pipeline));

        _pipeline.FailQueued(ErrorCode.KafkaStorageError);
        Assert.Equal(1, _budget.RefuseBroken(_pipeline, ErrorCode.KafkaStorageError));
        _budget.Release(lasting, 1000);

        Assert.False(await refused);
        Assert.True(await granted);
        Assert.False(await _budget.ReserveAsync(broken, 1));
        _budget.Admit(broken, CreateAppend(broken, 10, observer), isReserved: false);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, observer.Error);
        Assert.Equal(500, _budget.HeldBytes);
    }

    [Fact]
    public async Task A_stream_that_is_gone_keeps_nothing_it_did_not_use()
    {
        var (gone, other) = (CreateShare(), CreateShare());
        Assert.True(_budget.ReserveAsync(gone, 600).AsTask().IsCompleted);
        var waiting = _budget.ReserveAsync(gone, 600).AsTask();
        var next = _budget.ReserveAsync(other, 600).AsTask();

        _budget.Close(gone);

        Assert.True(waiting.IsCompleted && next.IsCompleted);
        Assert.False(await waiting);
        Assert.True(await next);
        Assert.Equal(600, _budget.HeldBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_bound_holds_nothing_overtakes_and_all_get_in(int seed)
    {
        var random = new Random(seed);
        var shares = Enumerable.Range(0, 5).Select(_ => CreateShare()).ToArray();
        var waiting = shares.Select(_ => new Queue<(int LengthBytes, Task<bool> Task)>()).ToArray();
        var held = new List<(BudgetShare Share, int LengthBytes)>();
        var grantedCount = 0;
        for (var step = 0; step < 5000 || grantedCount < 5000; step++)
        {
            var i = random.Next(shares.Length);
            if (step < 5000)
            {
                var lengthBytes = random.Next(20) == 0 ? random.Next(1, 1500) : random.Next(1, 120);
                waiting[i].Enqueue((lengthBytes, _budget.ReserveAsync(shares[i], lengthBytes).AsTask()));
            }

            for (var s = 0; s < shares.Length; s++)
            {
                while (waiting[s].TryPeek(out var head) && head.Task.IsCompleted)
                {
                    waiting[s].Dequeue();
                    held.Add((shares[s], head.LengthBytes));
                    grantedCount++;
                }

                Assert.DoesNotContain(waiting[s], wait => wait.Task.IsCompleted);
            }

            Assert.Equal(held.Sum(one => one.LengthBytes), _budget.HeldBytes);
            Assert.True(_budget.HeldBytes <= BytesMax || held.Count == 1);
            if (held.Count > 0 && random.Next(3) > 0)
            {
                var at = random.Next(held.Count);
                var (share, lengthBytes) = held[at];
                held.RemoveAt(at);
                _budget.Unreserve(share, lengthBytes);
            }

            Assert.True(step < 100_000, $"seed {seed}: somebody is never let in");
        }
    }

    private static BlockPipeline CreatePipeline() => new(default, [], TimeProvider.System);

    private static PendingAppend CreateAppend(BudgetShare share, int lengthBytes, IAppendObserver observer)
    {
        using var owner = new BufferPool(0).Rent(lengthBytes);
        var append = share.Rent();
        append.Begin(
            new AppendRequest { Owner = owner, Batches = [], ReservedBytes = lengthBytes }, acceptedTimestamp: 0, observer);
        return append;
    }

    private BudgetShare CreateShare(BlockPipeline? pipeline = null) =>
        new(_budget, pipeline ?? _pipeline, (pipeline ?? _pipeline).StreamGeneration);

    private sealed class Observer : IAppendObserver
    {
        public ErrorCode Error { get; private set; }

        public void OnAppended(ErrorCode error, ReadOnlySpan<BatchAppendResult> results) => Error = error;

        public void OnSettled()
        {
        }
    }
}
