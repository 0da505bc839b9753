using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.ServiceDefaults.Loops;
using Spillway.Testing;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Health;

public sealed class HealthEndpointsTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_service_whose_loops_beat_is_live_and_one_with_a_silent_loop_is_not()
    {
        await using var service = await StartAsync();
        var heartbeat = service.App.Services.GetRequiredService<LoopHeartbeats>().Start("wal.flush", TimeSpan.FromSeconds(30));
        Assert.Equal((HttpStatusCode.OK, "live\n"), await service.GetAsync("/healthz/live"));

        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "wal.flush: silent for 31 s\n"), await service.GetAsync("/healthz/live"));

        heartbeat.Beat();
        Assert.Equal(HttpStatusCode.OK, (await service.GetAsync("/healthz/live")).Status);
    }

    [Fact]
    public async Task A_service_is_ready_when_every_dependency_answered()
    {
        var metadata = new ScriptedCheck("metadata", "no leader");
        var volume = new ScriptedCheck("volume", null);
        await using var service = await StartAsync(metadata, volume);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "metadata: no leader\n"), await service.GetAsync("/healthz/ready"));

        metadata.Reason = null;

        Assert.Equal((HttpStatusCode.OK, "ready\n"), await service.GetAsync("/healthz/ready"));
    }

    [Fact]
    public async Task A_dependency_that_throws_or_hangs_is_a_reason_and_not_an_error()
    {
        var hanging = new ScriptedCheck("volume", null) { Hangs = true };
        await using var service = await StartAsync(new ScriptedCheck("metadata", null) { Failure = new IOException("connection\nreset") }, hanging);

        var answer = service.GetAsync("/healthz/ready");
        await hanging.Asked.WaitAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "metadata: connection reset\nvolume: no answer within 2 s\n"), await answer);
    }

    [Fact]
    public async Task A_draining_service_is_live_and_not_ready()
    {
        await using var service = await StartAsync();

        service.App.Services.GetRequiredService<DrainState>().Begin();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), await service.GetAsync("/healthz/ready"));
        Assert.Equal(HttpStatusCode.OK, (await service.GetAsync("/healthz/live")).Status);
    }

    private Task<ServiceTestContext> StartAsync(params ScriptedCheck[] checks) => ServiceTestContext.StartAsync(builder =>
    {
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time));
        foreach (var check in checks)
        {
            builder.Services.AddSingleton<IReadinessCheck>(check);
        }
    });
}
