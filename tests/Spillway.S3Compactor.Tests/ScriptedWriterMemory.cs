using Spillway.Rpc;
using Spillway.Rpc.Reading;
using Spillway.Rpc.Wal;
using Spillway.S3Compactor.Draining;

namespace Spillway.S3Compactor.Tests;

/// <summary>A writer's memory that answers as a test says, and remembers what it was asked.</summary>
internal sealed class ScriptedWriterMemory : IWalReadService, IWriterZones
{
    private readonly Lock _lock = new();                            // guards _asked
    private readonly List<ReadRangeRequest> _asked = [];

    public bool IsHere { get; set; }

    /// <summary>What every answer waits for.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>The bytes; null: they are there no more.</summary>
    public Func<ReadRangeRequest, byte[]?> Answer { get; set; } = static _ => null;

    public IReadOnlyList<ReadRangeRequest> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    public ValueTask<bool> IsHereAsync(int writerId, CancellationToken cancellationToken) => new(IsHere);

    public async Task<WalRange> ReadRangeAsync(ReadRangeRequest request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _asked.Add(request);
        }

        await Ready.WaitAsync(cancellationToken);
        return Answer(request) is { } bytes
            ? new WalRange([bytes], [])
            : throw new RpcException(RpcStatusCode.NotFound, "Scripted: not in memory.");
    }
}
