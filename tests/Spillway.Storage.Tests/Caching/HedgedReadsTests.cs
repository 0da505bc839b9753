using Spillway.Storage.Caching;
using Spillway.Storage.Objects;
using Spillway.Testing;
using Spillway.Testing.Metrics;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Caching;

public sealed class HedgedReadsTests : IDisposable
{
    private const int SizeBytes = 1000;
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(100);
    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryObjectStore _store = new();
    private readonly CounterReadings _counters = new();
    private readonly HedgePolicy _policy = new(0.05);
    private readonly ColdReadGate _gate = new(2, 1 << 20);
    private readonly HedgedReads _reads;
    private readonly List<TaskCompletionSource<string>> _asked = [];
    private readonly List<CancellationToken> _tokens = [];
    private readonly List<string> _discarded = [];

    public HedgedReadsTests()
    {
        _reads = new HedgedReads(_store, _gate, _policy, new ObjectCacheMetrics(_counters), _time);
        for (var i = 0; i < 100; i++)
        {
            _policy.Begin(SizeBytes);
            _policy.Ended(SizeBytes, Usual);
        }
    }

    public void Dispose() => _counters.Dispose();

    [Fact]
    public async Task What_comes_in_time_is_asked_for_once()
    {
        var read = RunAsync();
        _time.Advance(Usual);
        _asked[0].SetResult("first");

        Assert.Equal("first", await Deadline(read));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(_asked);
        Assert.Equal(0, _time.PendingTimerCount);
    }

    [Fact]
    public async Task What_is_late_is_asked_for_again_and_the_first_answer_taken()
    {
        var read = RunAsync();
        await MakeLateAsync(2);

        _asked[1].SetResult("second");

        Assert.Equal("second", await Deadline(read));
        Assert.True(_tokens[0].IsCancellationRequested);
        Assert.False(_tokens[1].IsCancellationRequested);
        Assert.Equal(1, _counters["spillway.object_cache.hedges", "second"]);

        // The one that lost ends later, and its memory goes back then.
        Assert.Empty(_discarded);
        _asked[0].SetResult("late");
        await Eventually.TrueAsync(() => _discarded is ["late"], "the memory goes back", TestContext.Current.CancellationToken, Patience);
        await Eventually.TrueAsync(() => _gate.Reads == 0, "its place is free", TestContext.Current.CancellationToken, Patience);
    }

    [Fact]
    public async Task The_first_read_may_still_win()
    {
        var read = RunAsync();
        await MakeLateAsync(2);

        _asked[0].SetResult("first");

        Assert.Equal("first", await Deadline(read));
        Assert.True(_tokens[1].IsCancellationRequested);
        Assert.Equal(1, _counters["spillway.object_cache.hedges", "first"]);
        Assert.Equal(1, _gate.Reads); // a read that was cancelled has its place until it ends
        _asked[1].SetCanceled();
        await Eventually.TrueAsync(() => _gate.Reads == 0, "its place is free", TestContext.Current.CancellationToken, Patience);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_failure_is_no_answer_while_the_other_one_may_give_one(int failing)
    {
        var read = RunAsync();
        await MakeLateAsync(2);

        _asked[failing].SetException(new ObjectStoreUnavailableException("k", "scripted"));
        _asked[1 - failing].SetResult("good");

        Assert.Equal("good", await Deadline(read));
        Assert.Empty(_discarded);
    }

    [Fact]
    public async Task Where_both_fail_the_failure_is_the_first_ones()
    {
        var read = RunAsync();
        await MakeLateAsync(2);
        _asked[1].SetException(new ObjectStoreUnavailableException("k", "second"));
        _asked[0].SetException(new ObjectStoreUnavailableException("k", "first"));

        Assert.Equal("first", (await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => Deadline(read))).Message);
    }

    [Fact]
    public async Task Past_the_share_nothing_is_asked_for_again()
    {
        while (_policy.TryTake())
        {
        }

        var read = RunAsync();
        await MakeLateAsync(1);
        await Eventually.TrueAsync(
            () => _counters["spillway.object_cache.hedges", "none"] == 1, "it is refused", TestContext.Current.CancellationToken, Patience);
        _asked[0].SetResult("first");

        Assert.Equal("first", await Deadline(read));
        Assert.Single(_asked);
    }

    [Fact]
    public async Task Without_room_at_the_gate_nothing_is_asked_for_again()
    {
        await _gate.EnterAsync(new ReadTurn(1, isAhead: false), 10);
        await _gate.EnterAsync(new ReadTurn(1, isAhead: false), 10);
        var read = RunAsync();
        await MakeLateAsync(1);
        await Eventually.TrueAsync(
            () => _counters["spillway.object_cache.hedges", "none"] == 1, "it is refused", TestContext.Current.CancellationToken, Patience);
        _asked[0].SetResult("first");

        Assert.Equal("first", await Deadline(read));
        Assert.Single(_asked);
    }

    private static TimeSpan Patience => TimeSpan.FromSeconds(60);

    private static Task<string> Deadline(Task<string> read) => read.WaitAsync(Patience, TestContext.Current.CancellationToken);

    private Task<string> RunAsync() => _reads.RunAsync(
        _store,
        SizeBytes,
        (_, cancellationToken) =>
        {
            lock (_asked)
            {
                _tokens.Add(cancellationToken);
                _asked.Add(new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
                return _asked[^1].Task;
            }
        },
        _discarded.Add);

    private async Task MakeLateAsync(int asked)
    {
        _time.Advance(Usual);
        Assert.Single(_asked);
        _time.Advance(Usual * 0.13);
        await Eventually.TrueAsync(
            () =>
            {
                lock (_asked)
                {
                    return _asked.Count == asked;
                }
            },
            "it is asked for",
            TestContext.Current.CancellationToken,
            Patience);
    }
}
