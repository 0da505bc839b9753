using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Metadata;
using Spillway.Testing;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>ListOffsets by time in one object of many data blocks: eighty batches of about 100 KB, five to a data block, two records each.</summary>
public sealed class TimestampScanTests : IDisposable
{
    private const int BatchCount = 80;
    private readonly ColdReadContext _context = new();
    private readonly PartitionViews _views = new(new ManualTimeProvider());
    private readonly TimestampScan _scan;

    public TimestampScanTests() => _scan = new TimestampScan(_views, _context.Reader, _context.Entries);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1001, 1)]
    [InlineData(1002, 2)]
    [InlineData(1101, 101)]
    [InlineData(1159, 159)]
    public async Task A_time_is_found_by_the_index_and_what_it_names(long timestamp, long offset)
    {
        var entry = await PutAsync();

        var (error, found) = await _scan.FindAsync(new LogId(1), entry, timestamp, 0, Token);

        Assert.Equal(ErrorCode.None, error);
        Assert.Equal((offset, timestamp), (found!.Value.Offset, found.Value.Timestamp));
        Assert.True(_context.Requests <= 2, $"{_context.Requests} requests");
        Assert.InRange(_context.Counters["spillway.object_cache.misses", "block"], 0, 3);
    }

    [Fact]
    public async Task What_the_log_start_has_passed_is_not_found()
    {
        var entry = await PutAsync();

        var (_, found) = await _scan.FindAsync(new LogId(1), entry, 1000, 77, Token);
        var (error, none) = await _scan.FindAsync(new LogId(1), entry, 5000, 0, Token);

        Assert.Equal(77, found!.Value.Offset);
        Assert.Equal(ErrorCode.None, error);
        Assert.Null(none);
    }

    [Fact]
    public async Task An_object_that_is_gone_is_told()
    {
        var entry = await PutAsync();
        _context.Store.Decide = static (_, _) => ObjectFault.NotDone;

        var (error, found) = await _scan.FindAsync(new LogId(1), entry, 1050, 0, Token);

        Assert.Equal(ErrorCode.KafkaStorageError, error);
        Assert.Null(found);
    }

    private async Task<IndexEntry> PutAsync()
    {
        await _context.AddObjectAsync(1, Enumerable.Range(0, BatchCount).Select(static i =>
        {
            var builder = new RecordBatchBuilder();
            builder.Append(1000 + (2 * i), null, new byte[50_000]);
            builder.Append(1001 + (2 * i), null, new byte[50_000]);
            return builder.Build();
        }));
        var reply = await _context.Index.FindEntriesAsync(
            new FindEntriesRequest { LogId = 1, Offset = 0, BytesMax = 1, EntriesMax = 1 }, Token);
        _context.Entries.Learn(reply.Containers);
        return reply.Entries[0];
    }
}
