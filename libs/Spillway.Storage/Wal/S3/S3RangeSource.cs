using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal.Reading;

namespace Spillway.Storage.Wal.S3;

/// <summary>Ranges of blocks that are objects, by ranged GET. There is no view that could be behind: each try asks the store. Thread-safe.</summary>
internal sealed class S3RangeSource(IObjectStore store, BufferPool buffers, int readsMax) : IWalRangeSource
{
    private readonly PendingReads _pending = new();

    // Never disposed: a read that nobody waits for any more still leaves it.
    private readonly SemaphoreSlim _reads = new(readsMax);

    public int OpenCount => 0;

    public bool IsStalled => _pending.IsAny;

    public Task<SharedBuffer> ReadAsync(
        string path, long position, int lengthBytes, bool isFresh, CancellationToken cancellationToken) =>
        _pending.LetGoAsync(ReadAsync(path, position, lengthBytes, cancellationToken), cancellationToken);

    public void Forget(string path)
    {
    }

    public void Dispose()
    {
    }

    private async Task<SharedBuffer> ReadAsync(string path, long position, int lengthBytes, CancellationToken cancellationToken)
    {
        var at = S3BlockPosition.Of(position);
        var key = S3SegmentKeys.BlockOf(path, at.Number);
        await _reads.WaitAsync(cancellationToken).ConfigureAwait(false);
        var buffer = buffers.Rent(lengthBytes);
        try
        {
            await store.ReadRangeAsync(key, at.Byte, buffer.Memory, cancellationToken).ConfigureAwait(false);
            return buffer;
        }
        catch (Exception e)
        {
            buffer.Release();
            if (e is ObjectStoreException failure)
            {
                throw new WalReadException(Classify(failure), failure.Message, failure);
            }

            throw;
        }
        finally
        {
            _reads.Release();
        }
    }

    private static WalReadFailure Classify(ObjectStoreException e) => e switch
    {
        ObjectNotFoundException => WalReadFailure.Missing,
        ObjectCorruptException => WalReadFailure.Short,
        _ => WalReadFailure.Failed,
    };
}
