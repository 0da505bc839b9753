namespace Spillway.ProtocolFrontend.Tails;

/// <summary>A fetch that waits until any of the partitions it asks for moves. Registered with several views, completed by the first.</summary>
internal sealed class TailWait
{
    private readonly TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Moved => _moved.Task;

    public void Wake() => _moved.TrySetResult();
}
