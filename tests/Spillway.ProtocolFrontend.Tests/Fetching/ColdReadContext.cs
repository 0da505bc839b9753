using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Caching;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Testing;
using Spillway.Testing.Metrics;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>Partitions whose data has left the WAL for many small objects, and a frontend's way to fetch it.</summary>
internal sealed class ColdReadContext : IDisposable
{
    private readonly InMemoryObjectStore _memory = new();
    private readonly Random _random = new(1);
    private readonly ObjectFetcher _fetcher;
    private readonly WalSegmentReader _segments;
    private readonly TailCache _cache;
    private readonly ContainerDirectory _containers = new();
    private readonly Dictionary<long, PartitionView> _views = [];
    private readonly Dictionary<long, List<byte[]>> _batches = [];
    private long _lastObjectId;

    public ColdReadContext(ObjectCacheOptions? options = null)
    {
        Store = new FaultyObjectStore(_memory);
        options ??= new ObjectCacheOptions();
        _fetcher = new ObjectFetcher(Store, Pool, options, new ObjectCacheMetrics(Counters));
        _segments = new WalSegmentReader(
            new InMemoryWalFileSystem(), new WalVolumeSet([]), new WalReadSettings(), new WalReadEnvironment(Pool));
        _cache = new TailCache(0, Pool);
        Sequential = new SequentialReaders(options.ReadAheadBytesMax, options.BlockBytesMax / 4, Time);
        _fetcher.OnReadAheadWasted(Sequential.Wasted);
        Reader = new PartitionReader(
            _cache,
            Entries = new EntryReader(_containers, new WalEntryReader(_segments, _cache), _fetcher, Pool),
            Index,
            Sequential,
            new ProtocolFrontendMetrics(Counters),
            NullLogger<PartitionReader>.Instance);
        Pass = new FetchPass(Reader, new AbortedLookup(Index), Index);
    }

    public BufferPool Pool { get; } = new(8 << 20);

    public ManualTimeProvider Time { get; } = new();

    public CounterReadings Counters { get; } = new();

    public FaultyObjectStore Store { get; }

    public SequentialReaders Sequential { get; }

    public PartitionReader Reader { get; }

    public FetchPass Pass { get; }

    public EntryReader Entries { get; }

    public InMemoryObjectStore Objects => _memory;

    public ColdIndex Index { get; } = new();

    public int Requests => _memory.CountRequests(ObjectRequestKind.Get);

    /// <summary>Objects with one batch of so many bytes each, the next of the log.</summary>
    public async Task AddObjectsAsync(long log, int count, int bodyBytes, int recordCount = 2)
    {
        for (var i = 0; i < count; i++)
        {
            await AddObjectAsync(log, [recordCount], bodyBytes);
        }
    }

    /// <summary>One object, and one index entry, of batches with these record counts.</summary>
    public Task AddObjectAsync(long log, int[] recordCounts, int bodyBytes) =>
        AddObjectAsync(log, recordCounts.Select(count => TestBatch.Create(_random, bodyBytes, count)));

    /// <summary>One object, and one index entry, of batches.</summary>
    public async Task AddObjectAsync(long log, IEnumerable<byte[]> added)
    {
        var batches = _batches.TryGetValue(log, out var present) ? present : _batches[log] = [];
        var (id, next) = (++_lastObjectId, Index.EndOf(log));
        using var writer = new ObjectWriter(id, ObjectKind.Mixed);
        foreach (var batch in added)
        {
            Assert.True(RecordBatchHeader.TryRead(batch, out var header));
            var recordCount = header.LastOffsetDelta + 1;
            using var buffer = Pool.Rent(batch.Length);
            batch.CopyTo(buffer.Span);
            writer.Append(new LogId(log), next, next + recordCount - 1, buffer, 0, buffer.Length);
            RecordBatchBytes.SetBaseOffset(batch, next);
            RecordBatchBytes.SetPartitionLeaderEpoch(batch, 0);
            batches.Add(batch);
            next += recordCount;
        }

        await _memory.PutAsync($"o/{id}", writer.Complete(Pool), PutMode.CreateNew, CancellationToken.None);
        Index.Add(log, writer.Extents[0], id);
    }

    /// <summary>The log's batches as a consumer is to get them, some of them.</summary>
    public byte[] Expected(long log, int from = 0, int count = int.MaxValue) =>
        [.. _batches[log].Skip(from).Take(count).SelectMany(static batch => batch)];

    /// <summary>A marker, the next of the log.</summary>
    public void AddMarker(long log, long producerId, long? abortedFrom = null)
    {
        var batches = _batches.TryGetValue(log, out var present) ? present : _batches[log] = [];
        batches.Add(ControlBatch.Build(Index.AddMarker(log, producerId, abortedFrom)));
    }

    /// <summary>Where the first open transaction of each log begins; those without any are stable to the end.</summary>
    public Dictionary<long, long> Open { get; } = [];

    /// <summary>What one fetch of a partition gives a reader of committed records.</summary>
    public async Task<FetchResponse.PartitionData> FetchCommittedAsync(long log, long offset, CancellationToken cancellationToken, int bytesMax = 1 << 20) =>
        (await FetchAsync(1, bytesMax, bytesMax, [(log, offset)], cancellationToken))[0];

    /// <summary>What one fetch of some partitions gives.</summary>
    public Task<List<FetchResponse.PartitionData>> FetchAsync(
        int bytesMax, int partitionBytesMax, CancellationToken cancellationToken, params (long Log, long Offset)[] asked) =>
        FetchAsync(0, bytesMax, partitionBytesMax, asked, cancellationToken);

    private async Task<List<FetchResponse.PartitionData>> FetchAsync(
        sbyte isolationLevel, int bytesMax, int partitionBytesMax, (long Log, long Offset)[] asked, CancellationToken cancellationToken)
    {
        using var lease = new ReadLease();
        var targets = asked.Select((partition, i) => Target(i, partition.Log, partition.Offset, partitionBytesMax)).ToList();
        var result = await Pass.RunAsync(new FetchRequest { IsolationLevel = isolationLevel }, targets, new ReadBudget(bytesMax), lease, cancellationToken);
        var partitions = result.Partitions.Select(static partition => partition.Data).ToList();
        foreach (var partition in partitions)
        {
            // The lease ends here: what is looked at later must be a copy.
            partition.Records = new ReadOnlySequence<byte>(partition.Records!.Value.ToArray());
        }

        return partitions;
    }

    public void Dispose()
    {
        _segments.Dispose();
        _cache.Dispose();
        _fetcher.Dispose();
        Counters.Dispose();
    }

    private FetchTarget Target(int partition, long log, long offset, int partitionBytesMax)
    {
        if (!_views.TryGetValue(log, out var view))
        {
            _views.Add(log, view = new PartitionView(new LogId(log)));
        }

        var end = Index.EndOf(log);
        view.Apply(new PartitionTail
        {
            LogId = log,
            HighWatermark = end,
            LastStableOffset = Open.GetValueOrDefault(log, end),
            LastAbortedOffset = Index.Aborted.Count == 0 ? -1 : Index.Aborted.Max(static range => range.LastOffset),
        });
        var asked = new FetchRequest.FetchPartition
        {
            Partition = partition, FetchOffset = offset, PartitionMaxBytes = partitionBytesMax,
        };
        return new FetchTarget(new AskedPartition("t", Guid.Empty, asked), view, default);
    }
}
