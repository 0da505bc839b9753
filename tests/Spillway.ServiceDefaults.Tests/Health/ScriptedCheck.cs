using Spillway.ServiceDefaults.Health;

namespace Spillway.ServiceDefaults.Tests.Health;

internal sealed class ScriptedCheck(string name, string? reason) : IReadinessCheck
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;

    public string? Reason { get; set; } = reason;

    public Exception? Failure { get; init; }

    public bool Hangs { get; init; }

    public Task Asked => _asked.Task;

    public async ValueTask<string?> FindReasonNotReadyAsync(CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        if (Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        return Failure is null ? Reason : throw Failure;
    }
}
