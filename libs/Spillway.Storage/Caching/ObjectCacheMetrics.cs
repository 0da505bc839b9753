using System.Diagnostics;
using System.Diagnostics.Metrics;
using Spillway.Storage.Caching.Disk;

namespace Spillway.Storage.Caching;

/// <summary>What the caches of objects do: what they find and what they ask the store for, what is read ahead for nothing. Thread-safe.</summary>
public sealed class ObjectCacheMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Spillway.ObjectCache";

    private static readonly KeyValuePair<string, object?> Block = new("cache", "block");
    private static readonly KeyValuePair<string, object?> Index = new("cache", "index");
    private static readonly KeyValuePair<string, object?> Disk = new("cache", "disk");

    private readonly Meter _meter;
    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _shared;
    private readonly Counter<long> _evictions;
    private readonly Counter<long> _used;
    private readonly Counter<long> _wasted;
    private readonly Counter<long> _hedges;
    private readonly Counter<long> _diskWritten;
    private readonly Counter<long> _diskPassedOver;
    private readonly Counter<long> _diskFailures;

    /// <summary>Makes the instruments.</summary>
    public ObjectCacheMetrics(IMeterFactory meters)
        : this(Create(meters))
    {
    }

    private ObjectCacheMetrics(Meter meter)
    {
        _meter = meter;
        _hits = _meter.CreateCounter<long>("spillway.object_cache.hits", "{lookup}", "Lookups that found what they wanted in memory, or on the disk where it was not there.");
        _misses = _meter.CreateCounter<long>(
            "spillway.object_cache.misses", "{load}", "Blocks and indexes that were asked of the store, those read ahead included.");
        _shared = _meter.CreateCounter<long>(
            "spillway.object_cache.shared", "{lookup}", "Lookups that waited for what somebody else had asked of the store.");
        _evictions = _meter.CreateCounter<long>("spillway.object_cache.evictions", "{entry}", "Blocks and indexes that made room for others.");
        _used = _meter.CreateCounter<long>("spillway.object_cache.used", "By", "Bytes of blocks that somebody read, each block once.");
        _wasted = _meter.CreateCounter<long>(
            "spillway.object_cache.read_ahead.wasted", "By", "Bytes of blocks that were read ahead and dropped before anybody read them.");
        _hedges = _meter.CreateCounter<long>(
            "spillway.object_cache.hedges",
            "{request}",
            "Late reads: asked for a second time, which the second or the first answer won, or not, since the share of such reads was used up.");
        _diskWritten = _meter.CreateCounter<long>("spillway.object_cache.disk.written", "By", "Bytes of blocks written to the cache's disk.");
        _diskPassedOver = _meter.CreateCounter<long>(
            "spillway.object_cache.disk.passed_over", "{block}", "Blocks that were not written to the cache's disk, since others waited for it.");
        _diskFailures = _meter.CreateCounter<long>(
            "spillway.object_cache.disk.failures", "{call}", "Reads and writes of the cache's disk that failed, came late or gave damaged bytes.");
    }

    /// <summary>For tools and tests, to which nobody listens.</summary>
    internal static ObjectCacheMetrics Unheard { get; } = new(new Meter("Unheard"));

    internal void Observe(BlockCache blocks, ObjectIndexCache indexes, ColdReadGate gate, DiskTier? disk)
    {
        _meter.CreateObservableGauge(
            "spillway.object_cache.size",
            () => new Measurement<long>[] { new(blocks.SizeBytes, Block), new(indexes.SizeBytes, Index), new(disk?.SizeBytes ?? 0, Disk) },
            "By",
            "Bytes held.");
        _meter.CreateObservableGauge("spillway.object_cache.loads", () => gate.Reads, "{request}", "Cold reads under way.");
        _meter.CreateObservableGauge("spillway.object_cache.loads.size", () => gate.Bytes, "By", "Bytes of the cold reads under way.");
        _meter.CreateObservableGauge(
            "spillway.object_cache.loads.waiting", () => gate.Waiting, "{request}", "Cold reads that wait for others to end.");
        _meter.CreateObservableGauge(
            "spillway.object_cache.disk.resting", () => disk?.IsResting == true ? 1 : 0, "{disk}", "1 while the cache's disk is left alone.");
    }

    internal void DiskFound() => _hits.Add(1, Disk);

    internal void DiskEvicted(int count) => _evictions.Add(count, Disk);

    internal void DiskWritten(long bytes) => _diskWritten.Add(bytes);

    internal void DiskPassedOver() => _diskPassedOver.Add(1);

    internal void DiskFailed() => _diskFailures.Add(1);

    internal void BlockFound() => _hits.Add(1, Block);

    internal void BlockAwaited() => _shared.Add(1, Block);

    internal void BlocksMissed(int count) => _misses.Add(count, Block);

    internal void BlockEvicted() => _evictions.Add(1, Block);

    internal void BlockUsed(long bytes) => _used.Add(bytes);

    internal void BlockWasted(long bytes) => _wasted.Add(bytes);

    internal void IndexFound() => _hits.Add(1, Index);

    internal void IndexMissed() => _misses.Add(1, Index);

    internal void IndexEvicted() => _evictions.Add(1, Index);

    internal void Hedged(bool isSecondFirst) => _hedges.Add(1, new TagList { { "winner", isSecondFirst ? "second" : "first" } });

    internal void HedgeRefused() => _hedges.Add(1, new TagList { { "winner", "none" } });

    private static Meter Create(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        return meters.Create(MeterName);
    }
}
