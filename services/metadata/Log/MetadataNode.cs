using System.Buffers;
using System.Net.Sockets;
using System.Security.Cryptography;
using Google.Protobuf;
using Spillway.Metadata.Restoring;
using Spillway.Raft;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Log;

/// <summary>
/// The rim between the services and the state: stamps and proposes commands, turns the log's failures into statuses, and
/// lets readers see the state. One a process; started before anything asks it, safe from any thread.
/// </summary>
internal sealed partial class MetadataNode : IHostedService, IAsyncDisposable
{
    private readonly MetadataStateMachine _machine;
    private readonly IReplicatedLog _log;
    private readonly GroupIdentity _identity;
    private readonly TimeProvider _time;
    private readonly MetadataMetrics _metrics;
    private readonly LoopFailure _failure;
    private readonly ILogger<MetadataNode> _logger;
    private readonly Lock _lock = new(); // orders changes of _lead
    private volatile Lead? _lead;
    private volatile bool _hasClusterId;

    public MetadataNode(
        MetadataStateMachine machine,
        IReplicatedLog log,
        GroupIdentity identity,
        TimeProvider time,
        MetadataMetrics metrics,
        LoopFailure failure,
        ILogger<MetadataNode> logger)
    {
        _machine = machine;
        _log = log;
        _identity = identity;
        _time = time;
        _metrics = metrics;
        _failure = failure;
        _logger = logger;
    }

    /// <summary>This node's leadership began or ended. Raised on the log's thread; handlers must be short.</summary>
    public event Action<Lead?>? LeadChanged;

    public bool IsLeader => _lead is not null;

    /// <summary>This node's leadership; null while it does not lead.</summary>
    public Lead? Lead => _lead;

    /// <summary>Who leads, as far as this node knows.</summary>
    public LeadershipState Leadership => _log.Leadership;

    public long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _log.LeadershipChanged += OnLeadershipChanged;
        try
        {
            await _log.StartAsync(cancellationToken);
        }
        catch (LogFailedException exception) when (IsForTheOperator(exception))
        {
            throw new StartupException(exception.Message, exception);
        }

        OnLeadershipChanged(_log.Leadership);
        _ = WatchLogAsync();
        if (IsLeader)
        {
            await InitializeAsync(cancellationToken);
        }

        var (topics, logs) = Read(state => (state.Topics.TopicCount, state.Topics.LogCount));
        Log.Started(_logger, _log.AppliedIndex, topics, logs);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await _log.DisposeAsync();

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    /// <summary>
    /// Gives the cluster its id: the leader's first command, after which nothing is done. The id is the group's own, so two
    /// leaders in turn can't disagree about it.
    /// </summary>
    public async ValueTask InitializeAsync(CancellationToken cancellationToken)
    {
        if (!HasClusterId())
        {
            var id = _identity.Ask().ToByteArray(bigEndian: true);
            await ProposeAsync<InitializeCluster>(
                new Command { InitializeCluster = new InitializeCluster { ClusterId = ByteString.CopyFrom(id) } },
                cancellationToken);
        }
    }

    /// <summary>
    /// Proposes a command and gives the state machine's answer. Throws <see cref="RpcException"/> when there is none; then
    /// the command may be applied all the same, so callers try the same one again or tell their caller to.
    /// </summary>
    public async Task<T> ProposeAsync<T>(Command command, CancellationToken cancellationToken)
        where T : class
    {
        if (command.ChangeCase != Command.ChangeOneofCase.InitializeCluster)
        {
            EnsureHasClusterId();
        }

        command.TimeMs = NowMs;
        var started = _time.GetTimestamp();
        try
        {
            var proposal = await _log.ProposeAsync(command.ToByteArray(), cancellationToken);
            _metrics.CommandApplied(command.ChangeCase, _time.GetElapsedTime(started));
            return (T)proposal.Result!;
        }
        catch (ReplicatedLogException e)
        {
            _metrics.CommandFailed(command.ChangeCase);
            throw LogFailures.ToRpc(e);
        }
        catch (ArgumentException e)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "The change is too large for one log entry.", e);
        }
    }

    /// <summary>
    /// Proposes the commit of a block, encoded, for an observer that gets a <see cref="BlockOutcome"/>. Throws
    /// <see cref="RpcException"/> where the log does not take it. Commands of one caller are applied in the order of its calls.
    /// </summary>
    public void ProposeBlock(ReadOnlySpan<byte> request, IProposalObserver observer)
    {
        EnsureHasClusterId();
        var timeMs = NowMs;
        var bytes = CommitBlockCommand.GetBytes(timeMs, request.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            CommitBlockCommand.Write(timeMs, request, buffer.AsSpan(0, bytes));
            _log.Propose(buffer.AsSpan(0, bytes), observer);
        }
        catch (ReplicatedLogException e)
        {
            throw LogFailures.ToRpc(e);
        }
        catch (ArgumentException e)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "The block is too large for one log entry.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public long GetTimestamp() => _time.GetTimestamp();

    public TimeSpan GetElapsedTime(long timestamp) => _time.GetElapsedTime(timestamp);

    /// <summary>Asks a bounded question; its answer must not keep anything of the state that commands change.</summary>
    public T Read<T>(Func<MetadataState, T> question) => _machine.Read(question);

    /// <summary>Afterwards a read sees everything that was acknowledged anywhere before.</summary>
    public async ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _log.ReadBarrierAsync(cancellationToken);
        }
        catch (ReplicatedLogException e)
        {
            throw LogFailures.ToRpc(e);
        }
    }

    /// <summary>
    /// Throws where this node does not lead, or a majority has not confirmed its lead of late: another one may lead, and what
    /// is kept beside the log (sessions) may be answered from there already.
    /// </summary>
    public void EnsureLeadsWithQuorum()
    {
        if (!_log.LeadsWithQuorum)
        {
            throw LogFailures.NotLeading(Leadership);
        }
    }

    /// <summary>Throws where this node does not lead.</summary>
    public void EnsureLeads()
    {
        if (!IsLeader)
        {
            throw LogFailures.NotLeading(Leadership);
        }
    }

    private void OnLeadershipChanged(LeadershipState leadership)
    {
        Lead? lead;
        lock (_lock)
        {
            lead = !leadership.IsLeader ? null
                : _lead is { } current && current.Term == leadership.Term ? current
                : new Lead(leadership.Term, _time.GetUtcNow());
            if (lead == _lead)
            {
                return;
            }

            _lead = lead;
        }

        LeadChanged?.Invoke(lead);
    }

    private void EnsureHasClusterId()
    {
        if (!HasClusterId())
        {
            throw IsLeader
                ? new RpcException(RpcStatusCode.Unavailable, "The cluster has no id yet.")
                : LogFailures.NotLeading(Leadership);
        }
    }

    private bool HasClusterId() =>
        _hasClusterId || (_hasClusterId = Read(static state => state.ClusterId.Length > 0));

    /// <summary>A failed log never recovers; to go on without it would be to answer from a state that no longer moves.</summary>
    private async Task WatchLogAsync()
    {
        try
        {
            await _log.Completion;
        }
        catch (NodeRemovedException e)
        {
            Log.Removed(_logger, e.Message);
            _failure.Report(e);
        }
        catch (ReplicatedLogException e)
        {
            Log.LogFailed(_logger, e);
            _failure.Report(e);
        }
    }

    /// <summary>Whether a start failed by what the folder, the configuration or the machine is like; a bug keeps its stack.</summary>
    private static bool IsForTheOperator(LogFailedException exception) =>
        exception is LogFolderInUseException or LogCorruptException or NodeRemovedException
        || exception.InnerException is null or IOException or UnauthorizedAccessException or SocketException
            or CryptographicException or RestoreFailedException;

    private static partial class Log
    {
        [LoggerMessage(2100, LogLevel.Information,
            "Metadata is ready at index {Index}: {Topics} topics, {Logs} partitions.")]
        public static partial void Started(ILogger logger, ulong index, int topics, int logs);

        [LoggerMessage(2101, LogLevel.Critical, "The metadata log has failed: the process stops.")]
        public static partial void LogFailed(ILogger logger, Exception exception);

        [LoggerMessage(2102, LogLevel.Warning, "{Reason} The process stops; neither its folder nor its id are of any more use.")]
        public static partial void Removed(ILogger logger, string reason);
    }
}
