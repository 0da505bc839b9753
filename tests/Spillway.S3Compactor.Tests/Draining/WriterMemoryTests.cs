using Spillway.Rpc;
using Spillway.Rpc.Wal;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Testing;
using Xunit;

namespace Spillway.S3Compactor.Tests.Draining;

/// <summary>Drains from the memory of the zone's own writer. Goal: no byte is read from the volume that is there, and nothing depends on it.</summary>
public sealed class WriterMemoryTests : IDisposable
{
    private const string FromMemory = "spillway.compactor.wal.memory";
    private const string FromVolume = "spillway.compactor.wal.read";

    private const string Misses = "spillway.compactor.wal.memory.misses";

    /// <summary>Ranges that are read one by one.</summary>
    private const int FarApart = 10;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _time = new();
    private readonly CompactorTestContext _context;
    private JobLoop? _loop;

    public WriterMemoryTests()
    {
        _context = new CompactorTestContext(seed: 3) { Time = _time };
        _context.Memory.IsHere = true;
    }

    [Fact]
    public async Task What_the_writer_of_the_zone_has_in_memory_is_not_read_from_the_volume()
    {
        AddSome();
        _context.Memory.Answer = Read;

        await DrainAsync();

        Assert.All(_context.Memory.Asked, static request => Assert.True(request is { MemoryOnly: true, WriterId: 7 }));
        Assert.Equal(0, _context.Readings[FromVolume]);
        Assert.True(_context.Readings[FromMemory] > 15_000);
    }

    [Fact]
    public async Task A_writer_of_another_zone_is_not_asked()
    {
        AddSome();
        _context.Memory.IsHere = false;
        _context.Memory.Answer = Read;

        await DrainAsync();

        Assert.Empty(_context.Memory.Asked);
        Assert.True(_context.Readings[FromVolume] > 15_000);
    }

    [Fact]
    public async Task What_is_in_memory_no_more_comes_from_the_volume()
    {
        AddSome();
        var firstId = _context.Metadata.Containers.Min(static c => c.ContainerId);
        _context.Memory.Answer = request => request.SegmentId == firstId ? null : Read(request);

        await DrainAsync();

        Assert.True(_context.Readings[FromVolume] > 0);
        Assert.True(_context.Readings[FromMemory] > 0);
        Assert.Equal(1, _context.Readings[Misses, "gone"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bytes_from_memory_that_are_not_whole_batches_are_not_believed(bool isShort)
    {
        AddSome();
        _context.Memory.Answer = request =>
        {
            var bytes = Read(request);
            bytes[100] ^= 1;
            return isShort ? bytes[..^1] : bytes;
        };

        await DrainAsync();

        Assert.Equal(0, _context.Readings[FromMemory]);
        Assert.Equal(_context.Memory.Asked.Count, _context.Readings[Misses, "not_intact"]);
    }

    [Fact]
    public async Task A_writer_that_fails_is_left_alone_for_a_while_and_asked_again_then()
    {
        AddFarApart();
        _context.Memory.Answer = static _ => throw new RpcException(RpcStatusCode.Unavailable, "scripted");

        await DrainAsync();

        Assert.Single(_context.Memory.Asked);
        _context.Memory.Answer = Read;
        AddFarApart();
        await DrainAsync();
        Assert.Single(_context.Memory.Asked);

        _time.Advance(TimeSpan.FromSeconds(10));
        AddFarApart();
        await DrainAsync();
        Assert.Equal(1 + FarApart, _context.Memory.Asked.Count);
        Assert.Equal(1, _context.Readings[Misses, "failed"]);
    }

    [Fact]
    public async Task A_writer_that_does_not_answer_holds_a_drain_up_for_seconds_and_not_for_every_range()
    {
        AddFarApart();
        _context.Memory.Ready = new TaskCompletionSource().Task;
        _context.Memory.Answer = Read;

        var draining = DrainAsync();
        // Four at a time; the others wait for a turn, and find that the writer is at rest.
        await Eventually.TrueAsync(() => _context.Memory.Asked.Count == 4, "it is asked", Token, Hang);
        Assert.False(draining.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        await draining.WaitAsync(Hang, Token);

        Assert.Equal(4, _context.Memory.Asked.Count);
        Assert.Equal(0, _context.Readings[FromMemory]);
        Assert.Equal(4, _context.Readings[Misses, "failed"]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    private void AddSome()
    {
        _context.AddSegment([[(1, 5000), (-2, 700), (3, 300)], [(1, 200), (2, 9000)]]);
        _context.AddRandomSegment();
    }

    /// <summary>Between them lies what was refused, and more of it than is worth reading over.</summary>
    private void AddFarApart() =>
        _context.AddSegment([.. Enumerable.Range(0, FarApart).Select(static _ => new (long, int)[] { (1, 500), (-2, 70_000) })]);

    private byte[] Read(ReadRangeRequest request) => _context.ReadSegment(
        new WalSegmentName(request.SegmentId, request.WriterId, new WalSegmentLocation(request.Volume, request.Path)),
        request.Position,
        request.Length);

    private async Task DrainAsync()
    {
        _loop ??= await _context.StartAsync();
        await _context.RunUntilQuietAsync(_loop);
        await _context.AssertAllReadableAsync();
        _context.AssertDrained();
        _context.AssertNothingLeaks();
    }
}
