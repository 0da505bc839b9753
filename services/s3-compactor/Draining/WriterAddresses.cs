using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor.Draining;

/// <summary>
/// Where writers are reached, as metadata's image says. A compactor asks a writer so seldom that it follows no stream: the image is read when
/// it is needed, and again when what is known is a few seconds old. Thread-safe.
/// </summary>
internal sealed class WriterAddresses(IClusterImageService images, S3CompactorOptions options, TimeProvider time) : IWriterZones, IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1);
    private Dictionary<int, (string Address, string Zone)> _writers = [];               // swapped whole, under _turn
    private long? _readTimestamp;

    public async ValueTask<string?> FindAsync(int writerId, CancellationToken cancellationToken) =>
        (await ReadFreshAsync(cancellationToken)).TryGetValue(writerId, out var writer) ? writer.Address : null;

    public async ValueTask<bool> IsHereAsync(int writerId, CancellationToken cancellationToken) =>
        (await ReadFreshAsync(cancellationToken)).TryGetValue(writerId, out var writer)
        && string.Equals(writer.Zone, options.Zone, StringComparison.Ordinal);

    public void Dispose() => _turn.Dispose();

    private async ValueTask<Dictionary<int, (string Address, string Zone)>> ReadFreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_readTimestamp is not { } timestamp || time.GetElapsedTime(timestamp) > Fresh)
            {
                _writers = await ReadAsync(cancellationToken);
                _readTimestamp = time.GetTimestamp();
            }

            return _writers;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<Dictionary<int, (string Address, string Zone)>> ReadAsync(CancellationToken cancellationToken)
    {
        // The first update is the whole image.
        await foreach (var update in images.WatchAsync(new WatchImageRequest(), cancellationToken))
        {
            return update.Nodes
                .Where(static node => node is { Kind: NodeKind.Writer, Live: true })
                .ToDictionary(static node => node.NodeId, static node => (node.RpcAddress, node.Zone));
        }

        throw new RpcException(RpcStatusCode.Unavailable, "Metadata gave no image.");
    }
}
