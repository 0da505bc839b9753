using Spillway.ServiceDefaults.Loops;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Loops;

/// <summary>A loop whose steps do what the test wrote down.</summary>
internal sealed class ScriptedLoop(TimeSpan period, LoopEnvironment environment)
    : BackgroundLoop("test.scripted", period, environment)
{
    private readonly Queue<bool> _answers = new();
    private readonly SemaphoreSlim _stepped = new(0);
    private Exception? _failure;
    private volatile bool _blocked;
    private int _waitedCount;
    private int _stepCount;

    public int StepCount => Volatile.Read(ref _stepCount);

    public void Script(params ReadOnlySpan<bool> answers)
    {
        foreach (var answer in answers)
        {
            _answers.Enqueue(answer);
        }
    }

    public void Fail(Exception failure) => _failure = failure;

    public void Block() => _blocked = true;

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _stepCount);
        _stepped.Release();
        if (_failure is not null)
        {
            throw _failure;
        }

        if (_blocked)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        return _answers.TryDequeue(out var more) && more;
    }

    public async Task WaitForStepsAsync(int count)
    {
        while (_waitedCount < count)
        {
            await _stepped.WaitAsync(TestContext.Current.CancellationToken);
            _waitedCount++;
        }
    }

    public override void Dispose()
    {
        _stepped.Dispose();
        base.Dispose();
    }
}
