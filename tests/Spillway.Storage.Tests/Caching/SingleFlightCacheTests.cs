using Spillway.Storage.Caching;
using Xunit;

namespace Spillway.Storage.Tests.Caching;

public sealed class SingleFlightCacheTests
{
    private readonly Dictionary<string, int> _references = [];
    private readonly List<string> _evicted = [];
    private readonly SingleFlightCache<int, string> _cache;

    public SingleFlightCacheTests() => _cache = new SingleFlightCache<int, string>(
        100, static _ => 10, value => _references[value]++, value => _references[value]--, entry => _evicted.Add(entry.Value!));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_scan_takes_nothing_from_what_is_read_again_and_again()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var key = 0; key < 4; key++)
            {
                Read(key);
            }
        }

        for (var key = 1000; key < 2000; key++)
        {
            Read(key);
        }

        Assert.All(Enumerable.Range(0, 4), key => Assert.True(_cache.Contains(key), $"{key} is gone"));
        Assert.Equal(100, _cache.SizeBytes);
    }

    [Fact]
    public void What_is_protected_makes_room_for_what_is_read_more_lately()
    {
        // Half of the bytes: five of ten.
        for (var key = 0; key < 20; key++)
        {
            Read(key);
            Read(key);
        }

        Assert.Equal(Enumerable.Range(10, 10), Enumerable.Range(0, 20).Where(_cache.Contains));
        for (var key = 1000; key < 1100; key++)
        {
            Read(key);
        }

        Assert.Equal(Enumerable.Range(15, 5), Enumerable.Range(0, 20).Where(_cache.Contains));
    }

    [Fact]
    public void What_is_only_looked_at_is_not_protected()
    {
        Load(1);
        for (var i = 0; i < 10; i++)
        {
            Look(1);
        }

        for (var key = 1000; key < 1010; key++)
        {
            Load(key);
        }

        Assert.False(_cache.Contains(1));
    }

    [Fact]
    public void Every_reference_is_given_back_but_those_handed_out()
    {
        for (var key = 0; key < 50; key++)
        {
            Read(key % 13);
        }

        var held = Look(10);
        _cache.Clear();

        Assert.Equal(0, _cache.SizeBytes);
        Assert.Equal([held], _references.Where(static pair => pair.Value != 0).Select(static pair => pair.Key));
        Assert.Equal(1, _references[held]);
    }

    [Fact]
    public async Task Waiters_get_the_value_even_where_it_is_dropped_at_once()
    {
        Assert.False(_cache.TryGet(1, ReadTurn.None, out _, out var load, out var isClaimed));
        Assert.True(isClaimed);
        Assert.False(_cache.TryGet(1, ReadTurn.None, out _, out var same, out isClaimed));
        Assert.False(isClaimed);
        var first = _cache.WaitAsync(load, Token).AsTask();
        var second = _cache.WaitAsync(same, Token).AsTask();

        _cache.Clear();
        _cache.Complete(load, New(1));

        Assert.Equal("1", await first);
        Assert.Equal("1", await second);
        Assert.Equal(2, _references["1"]);
        Assert.False(_cache.Contains(1));
    }

    [Fact]
    public async Task One_who_gives_up_gets_no_reference_and_the_others_theirs()
    {
        using var cancel = new CancellationTokenSource();
        Assert.False(_cache.TryGet(1, ReadTurn.None, out _, out var load, out _));
        Assert.False(_cache.TryGet(1, ReadTurn.None, out _, out _, out _));
        var impatient = _cache.WaitAsync(load, cancel.Token).AsTask();
        var patient = _cache.WaitAsync(load, Token).AsTask();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.False(patient.IsCompleted);
        _cache.Complete(load, New(1));

        Assert.Equal("1", await patient);
        Assert.Equal(2, _references["1"]); // the cache's and the patient one's
    }

    [Fact]
    public async Task A_failure_is_told_to_those_who_waited_and_to_nobody_after()
    {
        Assert.False(_cache.TryGet(1, ReadTurn.None, out _, out var load, out _));
        Assert.False(_cache.TryGet(1, ReadTurn.None, out _, out _, out _));
        var waiting = new[] { _cache.WaitAsync(load, Token).AsTask(), _cache.WaitAsync(load, Token).AsTask() };

        _cache.Fail(load, new InvalidDataException());

        foreach (var waiter in waiting)
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => waiter);
        }

        Assert.False(_cache.TryGet(1, ReadTurn.None, out _, out _, out var isClaimed));
        Assert.True(isClaimed);
    }

    [Fact]
    public void What_is_under_way_is_not_evicted_and_the_newest_stays()
    {
        Assert.NotNull(_cache.TryClaim(1, ReadTurn.None));
        var small = new SingleFlightCache<int, string>(5, static _ => 10, static _ => { }, static _ => { });
        var load = small.TryClaim(1, ReadTurn.None)!;
        small.Complete(load, "1");
        Assert.True(small.Contains(1));

        for (var key = 2; key < 100; key++)
        {
            Load(key);
        }

        Assert.True(_cache.Contains(1));
        Assert.Contains("2", _evicted);
    }

    private void Read(int key)
    {
        if (!_cache.Contains(key))
        {
            Load(key);
        }

        _references[Look(key)]--;
        _cache.MarkUsed(key);
    }

    private void Load(int key) => _cache.Complete(_cache.TryClaim(key, ReadTurn.None)!, New(key));

    private string Look(int key)
    {
        Assert.True(_cache.TryGet(key, ReadTurn.None, out var value, out _, out _));
        return value;
    }

    private string New(int key)
    {
        var value = key.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _references[value] = _references.GetValueOrDefault(value) + 1;
        return value;
    }
}
