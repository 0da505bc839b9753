using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.ServiceDefaults.Loops;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Committing;
using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Sessions;

/// <summary>
/// Registers the writer, keeps its lease, and puts a new epoch in the place of one that ended. The one owner of the session.
/// </summary>
internal sealed partial class WriterLoop : BackgroundLoop, IDrainable, IReadinessCheck
{
    // Short, because a writer that could not register is a zone that cannot produce; a step without work costs nothing.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private readonly IRegistrationService _registrations;
    private readonly IWalCommitService _commits;
    private readonly WalAppendService _appends;
    private readonly WalStorage _storage;
    private readonly WriterEnvironment _environment;
    private readonly WalWriterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<WriterLoop> _logger;
    private readonly string _processId = Guid.NewGuid().ToString("N");

    // A step and the drain exclude each other.
    private readonly SemaphoreSlim _turn = new(1);
    private WriterSession? _session;
    private long _renewedTimestamp;
    private int _epochCount;
    private bool _isDrained;

    public WriterLoop(
        WriterNeighbours neighbours,
        WalAppendService appends,
        WalStorage storage,
        WriterEnvironment environment,
        LoopEnvironment loops)
        : base("wal-writer.session", Period, loops)
    {
        _registrations = neighbours.Registrations;
        _commits = neighbours.Commits;
        _appends = appends;
        _storage = storage;
        _environment = environment;
        _options = environment.Options;
        _time = environment.Time;
        _logger = environment.Loggers.CreateLogger<WriterLoop>();
    }

    string IDrainable.Name => "wal-writer";

    string IReadinessCheck.Name => "wal-writer";

    public DrainStage Stage => DrainStage.Flush;

    public WriterSession? Session => _session;

    public ValueTask<string?> FindReasonNotReadyAsync(CancellationToken cancellationToken) =>
        new(_appends.IsOpen ? null : "not registered with metadata");

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_isDrained)
            {
                return false;
            }

            if (_session is { Ended.IsCompleted: true } ended)
            {
                await RetireAsync(ended);
            }

            if (_session is { } session)
            {
                await RenewAsync(session, cancellationToken);
                return session.Ended.IsCompleted;
            }

            await RegisterAsync(cancellationToken);
            return false;
        }
        catch (Exception e) when (e is RpcException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Log.MetadataUnavailable(_logger, e.Message);
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes nothing more, answers what was taken in, seals the segments and gives the lease back.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _isDrained = true;
            if (_session is not { } session)
            {
                return;
            }

            _appends.Close();
            await session.DrainAsync(cancellationToken);
            await session.DisposeAsync();
            _session = null;
            if ((await session.Ended) == SessionEnd.Drained)
            {
                await DeregisterAsync(session.Identity, cancellationToken);
            }
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
            Kind = NodeKind.Writer,
            Name = _options.Name,
            Zone = _options.Zone,
            RpcAddress = _options.AdvertisedAddress,
            // A new epoch after one that ended is a registration of its own, not a retry of the first.
            ProcessId = $"{_processId}-{_epochCount}",
        };
        request.Volumes.AddRange(_storage.Volumes.Select(static volume => volume.Name));
        using var timeout = StartTimeout(cancellationToken);
        var startTimestamp = _time.GetTimestamp();
        var reply = await _registrations.RegisterAsync(request, timeout.Token);
        _epochCount++;
        _renewedTimestamp = startTimestamp;
        var identity = new WriterIdentity(
            reply.NodeId,
            reply.Epoch,
            new Guid(reply.ClusterId.Span, bigEndian: true),
            TimeSpan.FromMilliseconds(reply.LeaseMs));
        var session = new WriterSession(identity, _commits, _storage, _environment);
        session.Start();
        _session = session;
        _appends.Open(session);
        _ = WakeAtEndAsync(session);
        Log.Registered(_logger, _options.Name, identity.WriterId, identity.WriterEpoch, _options.Zone);
    }

    private async Task RenewAsync(WriterSession session, CancellationToken cancellationToken)
    {
        if (_time.GetElapsedTime(_renewedTimestamp) < session.Identity.Lease / 3)
        {
            return;
        }

        var startTimestamp = _time.GetTimestamp();
        using var timeout = StartTimeout(cancellationToken);
        var reply = await _registrations.RenewAsync(
            new RenewRequest
            {
                Kind = NodeKind.Writer,
                NodeId = session.Identity.WriterId,
                Epoch = session.Identity.WriterEpoch,
            },
            timeout.Token);
        if (reply.Fenced)
        {
            session.End(SessionEnd.Fenced);
            return;
        }

        _renewedTimestamp = startTimestamp;
    }

    private async Task RetireAsync(WriterSession session)
    {
        _appends.Close();
        _session = null;
        var end = await session.Ended;
        await session.DisposeAsync();
        if (end.Exception is not null)
        {
            throw new InvalidOperationException("A writer epoch ended by a bug.", end.Exception);
        }
    }

    private async Task DeregisterAsync(WriterIdentity identity, CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = StartTimeout(cancellationToken);
            await _registrations.DeregisterAsync(
                new DeregisterRequest
                {
                    Kind = NodeKind.Writer,
                    NodeId = identity.WriterId,
                    Epoch = identity.WriterEpoch,
                },
                timeout.Token);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // The lease runs out by itself.
            Log.MetadataUnavailable(_logger, e.Message);
        }
    }

    private async Task WakeAtEndAsync(WriterSession session)
    {
        await session.Ended;
        Wake();
    }

    private static CancellationTokenSource StartTimeout(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(CallTimeout);
        return source;
    }

    private static partial class Log
    {
        [LoggerMessage(
            1251, LogLevel.Information, "Writer {Name} is registered as {WriterId} with epoch {WriterEpoch} in zone {Zone}.")]
        public static partial void Registered(ILogger logger, string name, int writerId, long writerEpoch, string zone);

        [LoggerMessage(1252, LogLevel.Warning, "Metadata did not answer: {Reason}")]
        public static partial void MetadataUnavailable(ILogger logger, string reason);
    }
}
