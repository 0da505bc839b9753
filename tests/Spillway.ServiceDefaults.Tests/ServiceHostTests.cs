using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Spillway.ServiceDefaults.Tests;

public sealed class ServiceHostTests
{
    [Fact]
    public async Task A_port_in_use_stops_the_start_with_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var errors = new StringWriter();

        var exitCode = await ServiceHost.RunAsync(
            [$"--Spillway:Service:HttpPort={port}"], args => ServiceTestContext.Build(null, args), errors);

        Assert.Equal(ServiceHost.ExitRefused, exitCode);
        Assert.StartsWith($"cannot start: Failed to bind to address http://127.0.0.1:{port}: address already in use", errors.ToString(), StringComparison.Ordinal);
        Assert.Single(errors.ToString().TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_refused_start_is_told_by_its_message_alone()
    {
        var errors = new StringWriter();

        var exitCode = await ServiceHost.RunAsync(
            [], _ => throw new StartupException("the folder ./data is locked by another process"), errors);

        Assert.Equal(ServiceHost.ExitRefused, exitCode);
        Assert.Equal("cannot start: the folder ./data is locked by another process\n", errors.ToString());
    }

    [Fact]
    public async Task A_bug_keeps_its_stack() =>
        await Assert.ThrowsAsync<InvalidCastException>(
            () => ServiceHost.RunAsync([], _ => throw new InvalidCastException(), TextWriter.Null));

    [Fact]
    public async Task A_stop_that_was_asked_for_exits_with_zero()
    {
        var app = ServiceTestContext.Build();
        app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);

        Assert.Equal(0, await ServiceHost.RunAsync(app, TextWriter.Null));
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_the_start_exits_with_zero()
    {
        var app = ServiceTestContext.Build(builder => builder.Services.AddHostedService<StoppingService>());

        Assert.Equal(0, await ServiceHost.RunAsync(app, TextWriter.Null));
    }

    [Fact]
    public async Task A_failed_background_service_that_is_no_loop_exits_with_one_too()
    {
        var app = ServiceTestContext.Build(builder => builder.Services.AddHostedService<FailingService>());

        Assert.Equal(ServiceHost.ExitFailed, await ServiceHost.RunAsync(app, TextWriter.Null));
    }

    private sealed class StoppingService(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            cancellationToken.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class FailingService : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("made to fail");
        }
    }
}
