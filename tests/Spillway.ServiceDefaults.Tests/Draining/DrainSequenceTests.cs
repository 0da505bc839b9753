using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Spillway.ServiceDefaults.Draining;
using Spillway.Testing;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Draining;

public sealed class DrainSequenceTests
{
    private readonly ConcurrentQueue<string> _events = new();

    [Fact]
    public async Task Parts_drain_in_the_order_of_their_stages_and_before_hosted_services_stop()
    {
        await using var service = await ServiceTestContext.StartAsync(builder =>
        {
            foreach (var stage in (DrainStage[])[DrainStage.Close, DrainStage.FinishInFlight, DrainStage.StopAccepting, DrainStage.Flush])
            {
                builder.Services.AddSingleton<IDrainable>(new ScriptedPart(stage.ToString(), stage, _events));
            }

            builder.Services.AddHostedService(_ => new StopWitness(_events));
        });

        await service.App.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["StopAccepting", "FinishInFlight", "Flush", "Close", "hosted service stopped"], _events);
    }

    [Fact]
    public async Task A_service_still_answers_while_it_drains_and_says_that_it_is_not_ready()
    {
        var part = new ScriptedPart("requests", DrainStage.FinishInFlight, _events) { Waits = true };
        await using var service = await ServiceTestContext.StartAsync(builder => builder.Services.AddSingleton<IDrainable>(part));

        var stop = service.App.StopAsync(TestContext.Current.CancellationToken);
        await part.Began.WaitAsync(TestContext.Current.CancellationToken);
        var answer = await service.GetAsync("/healthz/ready");
        part.Finish();
        await stop;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), answer);
    }

    [Fact]
    public async Task A_part_that_does_not_end_leaves_time_to_flush_and_a_failed_one_stops_nobody()
    {
        var time = new ManualTimeProvider();
        var stuck = new ScriptedPart("stuck", DrainStage.FinishInFlight, _events) { Waits = true, IgnoresToken = true };
        await using var service = await ServiceTestContext.StartAsync(builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time));
            builder.Services.AddSingleton<IDrainable>(new ScriptedPart("broken", DrainStage.StopAccepting, _events) { Failure = new IOException("made to fail") });
            builder.Services.AddSingleton<IDrainable>(stuck);
            builder.Services.AddSingleton<IDrainable>(new ScriptedPart("flush", DrainStage.Flush, _events));
        });

        var stop = service.App.StopAsync(TestContext.Current.CancellationToken);
        await stuck.Began.WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(18));
        await stop;

        Assert.Equal(["broken", "stuck", "flush"], _events);
    }

    [Fact]
    public async Task An_idle_service_stops_well_within_a_second()
    {
        await using var service = await ServiceTestContext.StartAsync();
        await service.GetAsync("/healthz/live"); // leaves an idle keep-alive connection behind
        var watch = Stopwatch.StartNew();

        await service.App.StopAsync(TestContext.Current.CancellationToken);

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, QuietMachine.Bound(TimeSpan.FromSeconds(3)));
    }

    private sealed class StopWitness(ConcurrentQueue<string> events) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            events.Enqueue("hosted service stopped");
            return Task.CompletedTask;
        }
    }
}
