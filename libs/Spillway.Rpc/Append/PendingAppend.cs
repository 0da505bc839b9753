namespace Spillway.Rpc.Append;

/// <summary>An append that is on its way and not answered yet.</summary>
internal sealed class PendingAppend(int batchCount)
{
    private readonly TaskCompletionSource<AppendResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int BatchCount => batchCount;

    public Task<AppendResult> Task => _completion.Task;

    public void Complete(AppendResult result) => _completion.TrySetResult(result);
}
