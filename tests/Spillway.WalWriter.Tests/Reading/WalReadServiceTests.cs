using Spillway.Rpc;
using Spillway.Rpc.Wal;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Testing.Metrics;
using Spillway.Testing.Wal;
using Spillway.WalWriter.Reading;
using Xunit;

namespace Spillway.WalWriter.Tests.Reading;

/// <summary>What a writer gives of its segments to readers whose view of the volume does not show them.</summary>
public sealed class WalReadServiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_range_comes_from_memory_while_it_is_there_and_from_the_volume_afterwards()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        using var counters = new CounterReadings();
        using var service = CreateService(context, counters);
        var stream = await context.StartAsync();
        var bytes = context.CreateBatch(3000);
        await context.AppendOneAsync(stream, 1, bytes);
        var request = RequestFor(context.Metadata.Committed[0]);

        // The volume answers with errors: what is in memory does not need it.
        context.Files.OnOpenRead = (_, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
        Assert.Equal(bytes, await ReadAsync(service, request));
        context.Files.OnOpenRead = null;
        context.Recent.Dispose();
        Assert.Equal(bytes, await ReadAsync(service, request));

        Assert.Equal(1, counters["spillway.wal.ranges.given", "memory"]);
        Assert.Equal(1, counters["spillway.wal.ranges.given", "volume"]);
        Assert.Equal(0, context.Pool.RentedBytes);
    }

    [Fact]
    public async Task A_stretch_over_several_blocks_comes_from_memory_or_not_at_all()
    {
        await using var context = new WriterTestContext(WriterTestContext.CreateOptions(recentBytesMax: 1 << 20));
        using var counters = new CounterReadings();
        using var service = CreateService(context, counters);
        var stream = await context.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await context.AppendOneAsync(stream, 1 + i, context.CreateBatch(3000 + i));
        }

        var (first, last) = (context.Metadata.Committed[0], context.Metadata.Committed[^1]);
        var stretch = new ReadRangeRequest(RequestFor(first))
        {
            Length = (int)(last.Position + last.LengthBytes - first.Position),
            MemoryOnly = true,
        };
        var bytes = await ReadAsync(service, stretch);

        Assert.Equal(stretch.Length, bytes.Length);
        Assert.All(context.Metadata.Committed, batch => Assert.Equal(
            context.ReadCommitted(batch),
            bytes.AsSpan((int)(batch.Position - first.Position), batch.LengthBytes).ToArray()));

        // Past the last block, and before the first: neither is guessed, nor looked for on the volume, which would have it.
        Assert.Equal(RpcStatusCode.NotFound, await RefuseAsync(service, new(stretch) { Length = stretch.Length + 1 }));
        Assert.Equal(RpcStatusCode.NotFound, await RefuseAsync(service, new(stretch) { Position = 0 }));
        context.Recent.Dispose();
        Assert.Equal(RpcStatusCode.NotFound, await RefuseAsync(service, stretch));
        Assert.Equal(0, counters["spillway.wal.ranges.given", "volume"]);
        Assert.Equal(0, context.Pool.RentedBytes);
    }

    [Fact]
    public async Task What_the_writer_cannot_read_either_is_refused_by_its_reason()
    {
        await using var context = new WriterTestContext();
        using var counters = new CounterReadings();
        using var service = CreateService(context, counters);
        var stream = await context.StartAsync();
        await context.AppendOneAsync(stream, 1, context.CreateBatch(3000));
        var request = RequestFor(context.Metadata.Committed[0]);

        Assert.Equal(RpcStatusCode.NotFound, await RefuseAsync(service, new(request) { Path = "x.wal" }));
        Assert.Equal(RpcStatusCode.NotFound, await RefuseAsync(service, new(request) { Path = "../v1/x.wal" }));
        Assert.Equal(RpcStatusCode.NotFound, await RefuseAsync(service, new(request) { Volume = "v2" }));
        Assert.Equal(RpcStatusCode.DataLoss, await RefuseAsync(service, new(request) { Position = request.Position + 1 }));
        Assert.Equal(RpcStatusCode.InvalidArgument, await RefuseAsync(service, new(request) { Position = -1 }));
        Assert.Equal(RpcStatusCode.InvalidArgument, await RefuseAsync(service, new(request) { Length = 0 }));
        Assert.Equal(RpcStatusCode.InvalidArgument, await RefuseAsync(service, new(request) { Position = long.MaxValue }));
        context.Files.OnRead = (_, _, _) => throw FaultyWalFileSystem.Error(FaultyWalFileSystem.InputOutputError);
        Assert.Equal(RpcStatusCode.Unavailable, await RefuseAsync(service, request));
        Assert.Equal(5, counters["spillway.wal.ranges.refused"]);
    }

    private static WalReadService CreateService(WriterTestContext context, CounterReadings counters) => new(
        context.Recent,
        new WalSegmentReader(
            context.Files,
            new WalVolumeSet([new WalVolume("v1", "/v1")]),
            new WalReadSettings { FreshViewDelays = [TimeSpan.Zero] },
            new WalReadEnvironment(context.Pool)),
        new WalWriterMetrics(counters));

    private static ReadRangeRequest RequestFor(FakeMetadata.CommittedBatch batch) => new()
    {
        SegmentId = batch.Segment.Id,
        Volume = batch.Segment.Volume,
        Path = batch.Segment.Path,
        Position = batch.Position,
        Length = batch.LengthBytes,
    };

    private static async Task<byte[]> ReadAsync(WalReadService service, ReadRangeRequest request)
    {
        using var range = await service.ReadRangeAsync(request, Token);
        return [.. range.Pieces.SelectMany(piece => piece.ToArray())];
    }

    private static async Task<RpcStatusCode> RefuseAsync(WalReadService service, ReadRangeRequest request) =>
        (await Assert.ThrowsAsync<RpcException>(() => service.ReadRangeAsync(request, Token))).Code;
}
