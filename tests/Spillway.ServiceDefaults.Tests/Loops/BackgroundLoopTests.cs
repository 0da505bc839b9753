using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.ServiceDefaults.Loops;
using Spillway.Testing;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Loops;

public sealed class BackgroundLoopTests : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _time = new();
    private readonly LoopHeartbeats _heartbeats;
    private readonly LoopFailure _failure = new();
    private readonly ScriptedLoop _loop;

    public BackgroundLoopTests()
    {
        _heartbeats = new LoopHeartbeats(_time);
        _loop = new ScriptedLoop(Period, new LoopEnvironment(_time, _heartbeats, _failure, null, NullLoggerFactory.Instance));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_steps_at_once_and_again_while_there_is_more_to_do()
    {
        _loop.Script(true, true, false);

        await _loop.StartAsync(Cancellation);

        await _loop.WaitForStepsAsync(3);
        await WaitUntilAsync(() => _time.PendingTimerCount == 1);
        Assert.Equal(3, _loop.StepCount);
    }

    [Fact]
    public async Task It_steps_when_its_period_is_over()
    {
        await _loop.StartAsync(Cancellation);
        await _loop.WaitForStepsAsync(1);
        await WaitUntilAsync(() => _time.PendingTimerCount == 1);

        _time.Advance(Period * 0.9);
        Assert.Equal(1, _loop.StepCount);
        _time.Advance(Period * 0.2);

        await _loop.WaitForStepsAsync(2);
    }

    [Fact]
    public async Task A_wake_needs_no_time_to_pass()
    {
        await _loop.StartAsync(Cancellation);
        await _loop.WaitForStepsAsync(1);

        _loop.Wake();

        await _loop.WaitForStepsAsync(2);
    }

    [Fact]
    public async Task An_unexpected_exception_ends_the_loop_and_is_reported()
    {
        var bug = new InvalidOperationException("made to fail");
        _loop.Fail(bug);

        await _loop.StartAsync(Cancellation);

        await _loop.ExecuteTask!.WaitAsync(Cancellation);
        Assert.Same(bug, _failure.Exception);
    }

    [Fact]
    public async Task A_failed_loop_stops_the_host_with_exit_code_one()
    {
        var app = ServiceTestContext.Build(builder =>
        {
            builder.Services.AddSingleton<IHostedService>(services =>
            {
                var loop = new ScriptedLoop(Period, services.GetRequiredService<LoopEnvironment>());
                loop.Fail(new InvalidOperationException("made to fail"));
                return loop;
            });
        });

        Assert.Equal(ServiceHost.ExitFailed, await ServiceHost.RunAsync(app, TextWriter.Null));
    }

    [Fact]
    public async Task A_stuck_step_is_silent_and_a_stopped_loop_owes_nothing()
    {
        await _loop.StartAsync(Cancellation);
        await _loop.WaitForStepsAsync(1);
        await WaitUntilAsync(() => _time.PendingTimerCount == 1);
        _loop.Block();
        _time.Advance(Period * 1.1);
        await _loop.WaitForStepsAsync(2);

        _time.Advance(Period * 2.5);
        Assert.Empty(_heartbeats.FindSilent());
        _time.Advance(Period);
        Assert.Equal("test.scripted", Assert.Single(_heartbeats.FindSilent()).Name);

        await _loop.StopAsync(Cancellation);
        Assert.Empty(_heartbeats.FindSilent());
    }

    public async ValueTask DisposeAsync()
    {
        await _loop.StopAsync(CancellationToken.None);
        _loop.Dispose();
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
