using System.Collections.Concurrent;
using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Appending;

/// <summary>One stream's part of the <see cref="AppendBudget"/>, whose lock guards what changes.</summary>
internal sealed class BudgetShare(AppendBudget budget, BlockPipeline pipeline, int streamGeneration)
{
    private const int SpareMax = 256;

    private readonly ConcurrentQueue<PendingAppend> _spare = new();

    public BlockPipeline Pipeline => pipeline;

    /// <summary>What its stream sends is refused from now on.</summary>
    public bool IsBroken => streamGeneration < 0 || pipeline.StreamGeneration != streamGeneration;

    /// <summary>What waits, in order: nothing of a stream overtakes.</summary>
    public Queue<BudgetWait> Waits { get; } = new();

    /// <summary>Bytes there was room for and that are not answered yet.</summary>
    public long HeldBytes { get; set; }

    /// <summary>The part of them that was reserved and has not become an append.</summary>
    public long ReservedBytes { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>An append of this stream that has not begun; thread-safe.</summary>
    public PendingAppend Rent() => _spare.TryDequeue(out var append) ? append : new PendingAppend(this);

    /// <summary>An append is over.</summary>
    public void Return(PendingAppend append)
    {
        // The count may lie by what others do right now; the bound is not that exact.
        if (_spare.Count < SpareMax)
        {
            _spare.Enqueue(append);
        }
    }

    /// <summary>
    /// Hands an append on that there is room for; under the lock, in the order in which they came. False: its stream or its epoch is over.
    /// </summary>
    public bool TryAppend(PendingAppend append) => pipeline.TryAppend(append, streamGeneration);

    /// <summary>An append was answered.</summary>
    public void Release(long lengthBytes) => budget.Release(this, lengthBytes);
}
