using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Spillway.Conformance.Tests.Broker;
using Spillway.Standalone;
using Spillway.Standalone.CommandLine;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

[assembly: AssemblyFixture(typeof(BrokerFixture))]

namespace Spillway.Conformance.Tests.Broker;

/// <summary>One Spillway in this process, for all cases: each case makes topics and groups of its own names.</summary>
public sealed class BrokerFixture : IAsyncLifetime
{
    /// <summary>The largest group that is taken, so that a case can fill one.</summary>
    public const int GroupSizeMax = 4;

    /// <summary>Short, so that a case can wait for a session to end.</summary>
    public const int SessionTimeoutMinMs = 300;

    /// <summary>Kafka's default of group.max.session.timeout.ms.</summary>
    public const int SessionTimeoutMaxMs = 1_800_000;

    /// <summary>num.partitions: how many a topic gets that is created without saying.</summary>
    public const int DefaultPartitionCount = 3;

    private readonly TemporaryFolder _data = new();
    private readonly string[] _settings;
    private WebApplication? _app;

    public BrokerFixture()
        : this([])
    {
    }

    /// <summary>A broker of a test's own, with more settings.</summary>
    internal BrokerFixture(string[] settings) => _settings = settings;

    public string Host => "127.0.0.1";

    public int Port { get; } = FreePorts.TakeBase([0, 1]);

    public async ValueTask InitializeAsync()
    {
        var (options, error) = StandaloneArguments.Parse(
        [
            "--data", _data.Path, "--port", Text(Port), "--http-port", Text(Port + 1),
            "--set", "group.initial.rebalance.delay.ms=0",
            "--set", $"group.min.session.timeout.ms={Text(SessionTimeoutMinMs)}",
            "--set", $"group.max.size={Text(GroupSizeMax)}",
            "--set", $"num.partitions={Text(DefaultPartitionCount)}",
            .. _settings,
        ]);
        Assert.True(options is not null, error);
        _app = StandaloneHost.Build(options, TextWriter.Null);
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }

        _data.Dispose();
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
