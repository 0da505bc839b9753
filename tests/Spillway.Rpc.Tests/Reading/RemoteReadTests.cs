using System.Buffers;
using Google.Protobuf;
using Spillway.Kafka.Buffers;
using Spillway.Rpc.Reading;
using Spillway.Rpc.Wal;
using Spillway.Testing;

namespace Spillway.Rpc.Tests.Reading;

/// <summary>Ranges over a real connection, and the format that is written by hand against the generated class.</summary>
public sealed class RemoteReadTests
{
    private readonly BufferPool _pool = new(64 << 20);
    private readonly ScriptedReadService _service = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(WalReadMethods.ChunkBytesMax)]
    [InlineData((2 * WalReadMethods.ChunkBytesMax) + 1, 5, WalReadMethods.ChunkBytesMax)]
    public async Task A_range_arrives_as_it_is_however_many_pieces_it_has(params int[] pieceBytes)
    {
        var random = new Random(7);
        var pieces = pieceBytes.Select(length =>
        {
            var buffer = _pool.Rent(length);
            random.NextBytes(buffer.Span);
            return buffer;
        }).ToList();
        var expected = pieces.SelectMany(piece => piece.Span.ToArray()).ToArray();
        _service.Answer = _ => new WalRange([.. pieces.Select(piece => (ReadOnlyMemory<byte>)piece.Memory)], pieces);
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        var request = new ReadRangeRequest
        {
            SegmentId = 5, Volume = "v1", Path = "a.wal", Position = 4242, Length = expected.Length, WriterId = 3,
        };

        using var range = await new RemoteWalReadService(channel).ReadRangeAsync(request, Token);
        using var copy = range.ToBuffer(_pool);

        Assert.Equal(expected, copy.Span.ToArray());
        Assert.Equal(request, Assert.Single(_service.Asked));
        // The server has let go of what it sent; only the copy is left.
        await Eventually.TrueAsync(
            () => _pool.RentedBytes == BufferPool.CapacityFor(expected.Length), "the server gave its references back", Token);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(101)]
    public async Task A_range_of_another_length_than_asked_is_no_answer(int givenBytes)
    {
        _service.Answer = _ => new WalRange([new byte[givenBytes]], []);
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => new RemoteWalReadService(channel).ReadRangeAsync(new ReadRangeRequest { Length = 100 }, Token));

        Assert.Equal(RpcStatusCode.Internal, failure.Code);
    }

    [Fact]
    public async Task What_the_writer_refuses_is_refused_with_its_code()
    {
        _service.Answer = _ => throw new RpcException(RpcStatusCode.NotFound, "no such segment");
        await using var server = await StartAsync();
        var address = server.Address.ToString();
        using var writers = new RoutedWalReadService((writerId, _) => new(writerId == 3 ? address : null));

        var refused = await Assert.ThrowsAsync<RpcException>(
            () => writers.ReadRangeAsync(new ReadRangeRequest { WriterId = 3, Length = 1 }, Token));
        var nobody = await Assert.ThrowsAsync<RpcException>(
            () => writers.ReadRangeAsync(new ReadRangeRequest { WriterId = 4, Length = 1 }, Token));

        Assert.Equal(RpcStatusCode.NotFound, refused.Code);
        Assert.Equal(RpcStatusCode.Unavailable, nobody.Code);
        Assert.Single(_service.Asked);
    }

    [Fact]
    public void Chunks_are_the_same_both_ways()
    {
        var random = new Random(11);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[i == 0 ? 0 : random.Next(1, 70_000)];
            random.NextBytes(bytes);
            var expected = new RangeChunk { Data = ByteString.CopyFrom(bytes) };
            var output = new ArrayBufferWriter<byte>();

            RangeChunkFormat.Instance.Write(new WalChunk(bytes), output);
            var chunk = RangeChunkFormat.Instance.Read(new ReadOnlySequence<byte>(expected.ToByteArray()));

            Assert.Equal(expected.ToByteArray(), output.WrittenSpan.ToArray());
            Assert.Equal(output.WrittenCount, RangeChunkFormat.Instance.GetLengthBytes(new WalChunk(bytes)));
            Assert.Equal(bytes, chunk.Bytes.ToArray());
            chunk.Owner!.Release();
        }
    }

    [Fact]
    public void A_field_that_nobody_knows_is_skipped_and_a_length_beyond_the_end_is_refused()
    {
        // data: 01 02 03, then field 9 as a varint.
        var chunk = RangeChunkFormat.Instance.Read(new ReadOnlySequence<byte>([0x0A, 3, 1, 2, 3, 0x48, 5]));

        Assert.Equal([1, 2, 3], chunk.Bytes.ToArray());
        Assert.Throws<RpcException>(() => RangeChunkFormat.Instance.Read(new ReadOnlySequence<byte>([0x0A, 4, 1, 2, 3])));
    }

    private Task<RpcTestServer> StartAsync() => RpcTestServer.StartAsync(app => app.MapWalRead(_service));
}
