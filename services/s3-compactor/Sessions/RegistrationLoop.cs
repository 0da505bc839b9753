using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.S3Compactor.Sessions;

/// <summary>Registers the compactor and keeps its lease; registers anew when an epoch ended. The one owner of the session.</summary>
internal sealed partial class RegistrationLoop : BackgroundLoop, IDrainable, IReadinessCheck
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private readonly IRegistrationService _registrations;
    private readonly CompactorSession _session;
    private readonly S3CompactorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RegistrationLoop> _logger;
    private readonly string _processId = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim _turn = new(1); // a step and the drain exclude each other
    private int _epochCount;
    private long _renewedTimestamp;
    private bool _isDrained;
    private bool _isMetadataAway;

    public RegistrationLoop(
        IRegistrationService registrations, CompactorSession session, S3CompactorOptions options, LoopEnvironment environment)
        : base("s3-compactor.registration", Period, environment)
    {
        _registrations = registrations;
        _session = session;
        _options = options;
        _time = environment.Time;
        _logger = environment.Loggers.CreateLogger<RegistrationLoop>();
    }

    string IDrainable.Name => "s3-compactor.registration";

    string IReadinessCheck.Name => "s3-compactor";

    public DrainStage Stage => DrainStage.Close;

    public ValueTask<string?> FindReasonNotReadyAsync(CancellationToken cancellationToken) =>
        new(_session.Identity is null ? "not registered with metadata" : null);

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_isDrained)
            {
                return false;
            }

            var isEpochOver = false;
            if (_session.Identity is { } identity)
            {
                isEpochOver = await RenewAsync(identity, cancellationToken);
            }
            else
            {
                await RegisterAsync(cancellationToken);
            }

            _isMetadataAway = false;
            return isEpochOver;
        }
        catch (Exception e) when (e is RpcException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Once for each time it goes away, not once a second.
            if (!_isMetadataAway)
            {
                _isMetadataAway = true;
                Log.MetadataUnavailable(_logger, e.Message);
            }

            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Gives the lease back, so that an unfinished job goes to somebody else at once.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _isDrained = true;
            if (_session.Identity is not { } identity)
            {
                return;
            }

            _session.End(identity);
            using var timeout = StartTimeout(cancellationToken);
            await _registrations.DeregisterAsync(
                new DeregisterRequest { Kind = NodeKind.Compactor, NodeId = identity.CompactorId, Epoch = identity.CompactorEpoch },
                timeout.Token);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // The lease runs out by itself.
            Log.MetadataUnavailable(_logger, e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var request = new RegisterRequest
        {
            Kind = NodeKind.Compactor,
            Name = _options.Name,
            Zone = _options.Zone,
            // A new epoch after one that ended is a registration of its own, not a retry of the first.
            ProcessId = $"{_processId}-{_epochCount}",
        };
        request.Volumes.AddRange(_options.Volumes.Select(static volume => volume.Name));
        using var timeout = StartTimeout(cancellationToken);
        var startTimestamp = _time.GetTimestamp();
        var reply = await _registrations.RegisterAsync(request, timeout.Token);
        _epochCount++;
        _renewedTimestamp = startTimestamp;
        _session.Begin(new CompactorIdentity(reply.NodeId, reply.Epoch, TimeSpan.FromMilliseconds(reply.LeaseMs)));
        Log.Registered(_logger, _options.Name, reply.NodeId, reply.Epoch, _options.Zone);
    }

    /// <summary>True where the epoch ended, so that the next step registers at once.</summary>
    private async Task<bool> RenewAsync(CompactorIdentity identity, CancellationToken cancellationToken)
    {
        if (_time.GetElapsedTime(_renewedTimestamp) < identity.Lease / 3)
        {
            return false;
        }

        using var timeout = StartTimeout(cancellationToken);
        var startTimestamp = _time.GetTimestamp();
        var reply = await _registrations.RenewAsync(
            new RenewRequest { Kind = NodeKind.Compactor, NodeId = identity.CompactorId, Epoch = identity.CompactorEpoch },
            timeout.Token);
        if (!reply.Fenced)
        {
            _renewedTimestamp = startTimestamp;
            return false;
        }

        _session.End(identity);
        Log.Fenced(_logger, _options.Name, identity.CompactorEpoch);
        return true;
    }

    private static CancellationTokenSource StartTimeout(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(CallTimeout);
        return source;
    }

    private static partial class Log
    {
        [LoggerMessage(1400, LogLevel.Information, "Compactor {Name} is registered as {CompactorId} with epoch {CompactorEpoch} in zone {Zone}.")]
        public static partial void Registered(ILogger logger, string name, int compactorId, long compactorEpoch, string zone);

        [LoggerMessage(1401, LogLevel.Warning, "Epoch {CompactorEpoch} of compactor {Name} is over; its jobs are left to others.")]
        public static partial void Fenced(ILogger logger, string name, long compactorEpoch);

        [LoggerMessage(1402, LogLevel.Warning, "Metadata did not answer: {Reason}")]
        public static partial void MetadataUnavailable(ILogger logger, string reason);
    }
}
