using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Registers this frontend with metadata under its name and keeps its lease.</summary>
internal sealed partial class RegistrationLoop(
    IRegistrationService registrations,
    FrontendIdentity identity,
    BrokerSettings settings,
    ProtocolFrontendOptions options,
    TimeProvider time,
    ILogger<RegistrationLoop> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly string _processId = Guid.NewGuid().ToString("N");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        FrontendEndpoint endpoint;
        try
        {
            endpoint = await identity.WhenListeningAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The listener never opened (its port is taken, for one): the host says why, this loop has nothing to add.
            return;
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = await StepAsync(endpoint, stoppingToken).ConfigureAwait(false);
            await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Leaves the table of live frontends at once, rather than when the lease ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await DeregisterAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task DeregisterAsync(CancellationToken cancellationToken)
    {
        if (identity.Take() is not { } registered)
        {
            return;
        }

        try
        {
            await registrations.DeregisterAsync(
                new DeregisterRequest { Kind = NodeKind.Frontend, NodeId = registered.NodeId, Epoch = registered.Epoch },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is RpcException or OperationCanceledException)
        {
            LogNotDeregistered(logger, gone.Message);
        }
    }

    private async Task<TimeSpan> StepAsync(FrontendEndpoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return identity.Registered is { } registered
                ? await RenewAsync(registered, cancellationToken).ConfigureAwait(false)
                : await RegisterAsync(endpoint, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException failure)
        {
            LogFailed(logger, failure.Message);
            return RetryDelay;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
    }

    private async Task<TimeSpan> RegisterAsync(FrontendEndpoint endpoint, CancellationToken cancellationToken)
    {
        var reply = await registrations.RegisterAsync(
            new RegisterRequest
            {
                Kind = NodeKind.Frontend,
                Name = options.Name,
                Zone = options.Zone,
                AdvertisedHost = endpoint.Host,
                AdvertisedPort = endpoint.Port,
                ProcessId = _processId,
            },
            cancellationToken).ConfigureAwait(false);
        settings.SetNode(reply.NodeId);
        identity.SetRegistered(new FrontendRegistration(reply.NodeId, reply.Epoch));
        LogRegistered(logger, options.Name, reply.NodeId, reply.Epoch, endpoint.Host, endpoint.Port);
        return TimeSpan.FromMilliseconds(reply.LeaseMs / 3.0);
    }

    private async Task<TimeSpan> RenewAsync(FrontendRegistration registered, CancellationToken cancellationToken)
    {
        var reply = await registrations.RenewAsync(
            new RenewRequest { Kind = NodeKind.Frontend, NodeId = registered.NodeId, Epoch = registered.Epoch },
            cancellationToken).ConfigureAwait(false);
        if (!reply.Fenced)
        {
            return TimeSpan.FromMilliseconds(reply.LeaseMs / 3.0);
        }

        LogFenced(logger, registered.Epoch);
        identity.Take();
        return TimeSpan.Zero;
    }

    [LoggerMessage(1120, LogLevel.Information, "Registered as {Name}: node {NodeId}, epoch {Epoch}, shown to clients as {Host}:{Port}")]
    private static partial void LogRegistered(ILogger logger, string name, int nodeId, long epoch, string host, int port);

    [LoggerMessage(1121, LogLevel.Warning, "Metadata did not answer the registration ({Reason}); trying again")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(1122, LogLevel.Warning, "The registration of epoch {Epoch} is over; registering again")]
    private static partial void LogFenced(ILogger logger, long epoch);

    [LoggerMessage(1123, LogLevel.Information, "Not deregistered ({Reason}); the lease will end by itself")]
    private static partial void LogNotDeregistered(ILogger logger, string reason);
}
