using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Spillway.Metadata.Log;
using Spillway.Raft;
using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults;

namespace Spillway.Metadata.Tests.Contract;

/// <summary>The real service on a real log in a temporary folder, asked in-process or over gRPC.</summary>
internal sealed class MetadataHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ServiceProvider? _remote;

    private MetadataHost(WebApplication app, ServiceProvider? remote)
    {
        _app = app;
        _remote = remote;
    }

    private IServiceProvider Services => _remote ?? _app.Services;

    public IRegistrationService Registration => Services.GetRequiredService<IRegistrationService>();

    public IWalCommitService Wal => Services.GetRequiredService<IWalCommitService>();

    public IClusterImageService Image => Services.GetRequiredService<IClusterImageService>();

    public IPartitionIndexService Index => Services.GetRequiredService<IPartitionIndexService>();

    public IAdminService Admin => Services.GetRequiredService<IAdminService>();

    public IGroupService Groups => Services.GetRequiredService<IGroupService>();

    public ITransactionService Transactions => Services.GetRequiredService<ITransactionService>();

    public IJobService Jobs => Services.GetRequiredService<IJobService>();

    public IContainerService Containers => Services.GetRequiredService<IContainerService>();

    public IMembersService Members => Services.GetRequiredService<IMembersService>();

    /// <summary>Entries in the log up to here; one may hold many commands that came together.</summary>
    public ulong AppliedIndex => _app.Services.GetRequiredService<IReplicatedLog>().AppliedIndex;

    /// <summary>Asks the state itself.</summary>
    public T Read<T>(Func<MetadataState, T> question) => _app.Services.GetRequiredService<MetadataStateMachine>().Read(question);

    /// <summary>Stops it as a signal would: drained, in order. Disposing goes on from there.</summary>
    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public static Task<MetadataHost> StartAsync(string folder, bool overRpc, params (string Key, string Value)[] settings) =>
        StartCoreAsync(folder, overRpc, logs: null, settings);

    /// <summary>Asked in-process, with its log kept.</summary>
    public static Task<MetadataHost> StartAsync(string folder, ILoggerProvider logs) => StartCoreAsync(folder, overRpc: false, logs, []);

    private static async Task<MetadataHost> StartCoreAsync(
        string folder, bool overRpc, ILoggerProvider? logs, (string Key, string Value)[] settings)
    {
        var builder = ServiceHost.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Spillway:Service:HttpPort"] = "0",
            ["Spillway:Metadata:DataFolder"] = folder,
            ["Spillway:Metadata:RpcPort"] = "0",
            ["Spillway:Metadata:RaftPort"] = "0",
            ["Spillway:Metadata:DrainAge"] = "00:00:00",
            ["Spillway:Metadata:ReadGrace"] = "00:00:00",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        builder.AddServiceDefaults("metadata");
        builder.Logging.ClearProviders();
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.AddMetadata();
        builder.AddMetadataListener();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapMetadata();
        await app.StartAsync(TestContext.Current.CancellationToken);

        // Health first, RPC second: in the order in which they were asked to listen.
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var remote = overRpc
            ? new ServiceCollection().AddRemoteMetadata(new Uri(addresses.Last())).BuildServiceProvider()
            : null;
        return new MetadataHost(app, remote);
    }

    public async ValueTask DisposeAsync()
    {
        if (_remote is not null)
        {
            await _remote.DisposeAsync();
        }

        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
