using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>
/// Producer ids from blocks that metadata gives out once and never again; a block's rest is lost with the process, which does no harm.
/// Thread-safe.
/// </summary>
internal sealed class ProducerIdBlocks(IAdminService admin) : IDisposable
{
    // As Kafka's: one trip to the log per thousand producers.
    private const int BlockCount = 1000;

    private readonly SemaphoreSlim _one = new(1, 1);                // guards the two fields below
    private long _next;
    private long _end;

    public async ValueTask<long> TakeAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_next == _end)
            {
                var block = await admin.AllocateProducerIdsAsync(
                    new AllocateProducerIdsCall { Count = BlockCount }, cancellationToken).ConfigureAwait(false);
                (_next, _end) = (block.FirstProducerId, block.FirstProducerId + block.Count);
            }

            return _next++;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
