using System.Runtime.CompilerServices;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Draining;
using Spillway.Testing;
using Xunit;

namespace Spillway.S3Compactor.Tests.Draining;

public sealed class WriterAddressesTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedImage _image = new();
    private readonly WriterAddresses _addresses;

    public WriterAddressesTests() =>
        _addresses = new WriterAddresses(_image, new S3CompactorOptions { Zone = "a" }, _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Bytes from the memory of another zone's writer would be billed by the byte.
    [Fact]
    public async Task Only_writers_that_live_in_the_compactors_zone_are_here()
    {
        _image.Nodes =
        [
            Node(1, "a"),
            Node(2, "b"),
            Node(3, "a", isLive: false),
            Node(4, "a", kind: NodeKind.Frontend),
        ];

        Assert.True(await _addresses.IsHereAsync(1, Token));
        Assert.False(await _addresses.IsHereAsync(2, Token));
        Assert.False(await _addresses.IsHereAsync(3, Token));
        Assert.False(await _addresses.IsHereAsync(4, Token));
        Assert.False(await _addresses.IsHereAsync(5, Token));
        Assert.Equal("http://2", await _addresses.FindAsync(2, Token));
        Assert.Null(await _addresses.FindAsync(3, Token));
    }

    [Fact]
    public async Task What_is_known_is_read_again_when_it_is_seconds_old()
    {
        _image.Nodes = [Node(1, "a")];
        Assert.True(await _addresses.IsHereAsync(1, Token));

        _image.Nodes = [Node(1, "a", isLive: false)];
        Assert.True(await _addresses.IsHereAsync(1, Token));
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.False(await _addresses.IsHereAsync(1, Token));
    }

    public void Dispose() => _addresses.Dispose();

    private static NodeImage Node(int id, string zone, bool isLive = true, NodeKind kind = NodeKind.Writer) =>
        new() { NodeId = id, Kind = kind, Zone = zone, Live = isLive, RpcAddress = $"http://{id}" };

    private sealed class ScriptedImage : IClusterImageService
    {
        public NodeImage[] Nodes { get; set; } = [];

        public async IAsyncEnumerable<ImageUpdate> WatchAsync(
            WatchImageRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new ImageUpdate { Nodes = { Nodes } };
            await Task.CompletedTask;
        }

        public Task<ReadBarrierReply> ReadBarrierAsync(ReadBarrierRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException("Nobody asks for it here.");
    }
}
