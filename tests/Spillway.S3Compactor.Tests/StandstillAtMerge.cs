using Spillway.Storage.Faults;

namespace Spillway.S3Compactor.Tests;

/// <summary>Merges stand still once they have read, until they are let go.</summary>
internal sealed class StandstillAtMerge : IFailPoints
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a merge stands.</summary>
    public Task Arrived => _arrived.Task;

    public void Release() => _released.TrySetResult();

    public void Pass(string failPoint)
    {
    }

    public async ValueTask PassAsync(string failPoint, CancellationToken cancellationToken)
    {
        if (failPoint == FailPoint.MergeRangesRead)
        {
            _arrived.TrySetResult();
            await _released.Task.WaitAsync(cancellationToken);
        }
    }
}
