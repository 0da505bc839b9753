using System.Collections.Concurrent;
using Spillway.ServiceDefaults.Draining;

namespace Spillway.ServiceDefaults.Tests.Draining;

internal sealed class ScriptedPart(string name, DrainStage stage, ConcurrentQueue<string> events) : IDrainable
{
    private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;

    public DrainStage Stage => stage;

    public bool Waits { get; init; }

    public bool IgnoresToken { get; init; }

    public Exception? Failure { get; init; }

    public Task Began => _began.Task;

    public void Finish() => _finish.TrySetResult();

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        events.Enqueue(name);
        _began.TrySetResult();
        if (Failure is not null)
        {
            throw Failure;
        }

        if (Waits)
        {
            await _finish.Task.WaitAsync(IgnoresToken ? CancellationToken.None : cancellationToken);
        }
    }
}
