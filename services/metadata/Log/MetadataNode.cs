using System.Security.Cryptography;
using Google.Protobuf;
using Spillway.Raft;
using Spillway.Rpc;
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
    private readonly TimeProvider _time;
    private readonly MetadataMetrics _metrics;
    private readonly LoopFailure _failure;
    private readonly ILogger<MetadataNode> _logger;

    public MetadataNode(
        MetadataStateMachine machine,
        IReplicatedLog log,
        TimeProvider time,
        MetadataMetrics metrics,
        LoopFailure failure,
        ILogger<MetadataNode> logger)
    {
        _machine = machine;
        _log = log;
        _time = time;
        _metrics = metrics;
        _failure = failure;
        _logger = logger;
    }

    public bool IsLeader => _log.Leadership.IsLeader;

    /// <summary>Since when this node leads without a break; null when it does not.</summary>
    public DateTimeOffset? LeaderSince { get; private set; }

    public long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _log.LeadershipChanged += OnLeadershipChanged;
        try
        {
            await _log.StartAsync(cancellationToken);
        }
        catch (LogFolderInUseException exception)
        {
            throw new StartupException(exception.Message, exception);
        }

        OnLeadershipChanged(_log.Leadership);
        _ = WatchLogAsync();
        if (IsLeader && Read(state => state.ClusterId.Length) == 0)
        {
            var id = RandomNumberGenerator.GetBytes(16);
            await ProposeAsync<InitializeCluster>(
                new Command { InitializeCluster = new InitializeCluster { ClusterId = ByteString.CopyFrom(id) } },
                cancellationToken);
        }

        var (topics, logs) = Read(state => (state.Topics.TopicCount, state.Topics.LogCount));
        Log.Started(_logger, _log.AppliedIndex, topics, logs);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await _log.DisposeAsync();

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    /// <summary>
    /// Proposes a command and gives the state machine's answer. Throws <see cref="RpcException"/> when there is none; then
    /// the command may be applied all the same, so callers try the same one again or tell their caller to.
    /// </summary>
    public async Task<T> ProposeAsync<T>(Command command, CancellationToken cancellationToken)
        where T : class
    {
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

    private void OnLeadershipChanged(LeadershipState leadership) =>
        LeaderSince = leadership.IsLeader ? LeaderSince ?? _time.GetUtcNow() : null;

    /// <summary>A failed log never recovers; to go on without it would be to answer from a state that no longer moves.</summary>
    private async Task WatchLogAsync()
    {
        try
        {
            await _log.Completion;
        }
        catch (ReplicatedLogException e)
        {
            Log.LogFailed(_logger, e);
            _failure.Report(e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2100, LogLevel.Information,
            "Metadata is ready at index {Index}: {Topics} topics, {Logs} partitions.")]
        public static partial void Started(ILogger logger, ulong index, int topics, int logs);

        [LoggerMessage(2101, LogLevel.Critical, "The metadata log has failed: the process stops.")]
        public static partial void LogFailed(ILogger logger, Exception exception);
    }
}
