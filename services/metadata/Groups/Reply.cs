namespace Spillway.Metadata.Groups;

/// <summary>An answer that a long poll waits for. Whoever waits runs on another thread, so setting it under a lock is harmless.</summary>
internal sealed class Reply<T>
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _answer.Task;

    /// <summary>The first answer counts.</summary>
    public void Set(T answer) => _answer.TrySetResult(answer);
}
