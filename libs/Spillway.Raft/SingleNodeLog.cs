using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Spillway.Raft.Files;
using Spillway.Raft.Hosting;

namespace Spillway.Raft;

/// <summary>
/// A replicated log of one node: every command is durable in a checksummed, flushed log before it is applied and
/// answered. One thread owns log and state; proposers only queue. Lives from <see cref="StartAsync"/> to
/// <see cref="DisposeAsync"/>, once.
/// </summary>
public sealed partial class SingleNodeLog : IReplicatedLog
{
    private readonly ReplicatedLogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReplicatedLogMetrics _metrics;
    private readonly SingleNodeInbox _inbox;
    private readonly SingleNodeEngine _engine;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile LeadershipState _leadership = LeadershipState.None;
    private volatile LogFailedException? _failure;
    private int _threads;

    /// <summary>Makes the log; nothing is read or written before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="stateMachine">What it drives.</param>
    /// <param name="time">Measures durations.</param>
    /// <param name="logger">Where life events go.</param>
    /// <param name="meters">Where its instruments are made.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message names all that are.</exception>
    public SingleNodeLog(
        ReplicatedLogOptions options,
        IReplicatedStateMachine stateMachine,
        TimeProvider time,
        ILogger logger,
        IMeterFactory meters)
        : this(options, stateMachine, new DiskFolder(Checked(options).Folder), time, logger, meters, RunOnOwnThread)
    {
    }

    internal SingleNodeLog(
        ReplicatedLogOptions options,
        IReplicatedStateMachine stateMachine,
        ILogFolder folder,
        TimeProvider time,
        ILogger logger,
        IMeterFactory meters,
        Func<Action, Task> runAside)
    {
        _options = Checked(options);
        _time = time;
        _logger = logger;
        _metrics = new ReplicatedLogMetrics(meters);
        _inbox = new SingleNodeInbox(options.EntryBytesMax, options.QueuedBytesMax);
        _metrics.ObserveQueue(() => _inbox.QueuedProposals);
        _engine = new SingleNodeEngine(options, stateMachine, folder, _inbox, time, logger, _metrics, runAside);
    }

    /// <inheritdoc/>
    public event Action<LeadershipState>? LeadershipChanged;

    /// <inheritdoc/>
    public ulong AppliedIndex => _engine.AppliedIndex;

    /// <inheritdoc/>
    public LeadershipState Leadership => _leadership;

    /// <inheritdoc/>
    public bool LeadsWithQuorum => _leadership.IsLeader;

    /// <inheritdoc/>
    public Task Completion => _completion.Task;

    /// <summary>Whose log this is: the setting's, the folder's, or the id drawn for an empty folder.</summary>
    /// <exception cref="InvalidOperationException">The log has not started.</exception>
    public Guid ClusterId => _engine.Identity?.ClusterId
        ?? throw new InvalidOperationException("The log has not started.");

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken ct)
    {
        if (Interlocked.Exchange(ref _threads, 1) != 0)
        {
            throw new InvalidOperationException("A log starts once.");
        }

        new Thread(Run) { Name = $"replicated-log-{_options.NodeId}", IsBackground = true }.Start();
        return _started.Task.WaitAsync(ct);
    }

    /// <inheritdoc/>
    public ValueTask<ProposalResult> ProposeAsync(ReadOnlyMemory<byte> command, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ThrowIfNotLeading();
        var proposal = _inbox.Add(command.Span, _time.GetTimestamp());
        if (ct.CanBeCanceled)
        {
            proposal.CancelWaitOn(ct);
        }

        return new ValueTask<ProposalResult>(proposal.Task);
    }

    /// <inheritdoc/>
    public ValueTask<ulong> ReadBarrierAsync(CancellationToken ct)
    {
        // A group of one: whatever was acknowledged was applied and published here before.
        ct.ThrowIfCancellationRequested();
        ThrowIfNotLeading();
        return new ValueTask<ulong>(AppliedIndex);
    }

    /// <inheritdoc/>
    public Task SnapshotNowAsync(CancellationToken ct)
    {
        ThrowIfNotLeading();
        var request = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.Post(() => _engine.RequestSnapshot(request), request);
        return request.Task.WaitAsync(ct);
    }

    /// <summary>Commits what is queued, refuses what comes later, and closes the folder.</summary>
    /// <returns>A task that ends when the folder is free.</returns>
    public async ValueTask DisposeAsync()
    {
        _inbox.Stop(NotLeading);
        if (Interlocked.Exchange(ref _threads, 1) == 0)
        {
            _engine.Dispose(); // never started
            _started.TrySetCanceled();
            _completion.TrySetResult();
        }

        await _completion.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _inbox.Dispose();
        _metrics.Dispose();
    }

    /// <summary>Recovery, on the calling thread; part of <see cref="Run"/>, apart for tests that step.</summary>
    internal void Recover()
    {
        _engine.Recover();
        SetLeadership(new LeadershipState(RaftRole.Leader, _engine.Term, _options.NodeId, _options.Address));
    }

    /// <summary>One step on the calling thread; false when there was nothing to do.</summary>
    internal bool RunOnce() => _engine.RunOnce();

    /// <summary>Makes the failure known to everyone; nothing is written any more.</summary>
    internal void Fail(Exception exception)
    {
        _failure = exception as LogFailedException
            ?? new LogFailedException(
                $"The replicated log in {_options.Folder} failed: {exception.Message}", exception);
        SetLeadership(new LeadershipState(RaftRole.Follower, _engine.Term, 0, null));
        _engine.Fail(_failure);
        _inbox.Fail(() => new LogFailedException("The replicated log has failed.", _failure));
    }

    private void Run()
    {
        try
        {
            Recover();
            _started.SetResult();
            while (_inbox.WaitForWork())
            {
                while (_engine.RunOnce())
                {
                }
            }

            SetLeadership(new LeadershipState(RaftRole.Follower, _engine.Term, 0, null));
            _engine.Close(NotLeading());
            _engine.Dispose();
            _completion.SetResult();
        }
        catch (Exception exception) // whatever it is, nothing may be acknowledged after it
        {
            // A folder in use is for whoever starts the log to tell; nothing has failed.
            if (exception is not LogFolderInUseException)
            {
                Log.Failed(_logger, exception, _options.Folder);
            }

            Fail(exception);
            _engine.Dispose();
            _started.TrySetException(_failure!);
            _completion.TrySetException(_failure!);
            _ = _completion.Task.Exception; // observed: nobody has to look at both tasks
        }
    }

    private void ThrowIfNotLeading()
    {
        if (_failure is { } failure)
        {
            throw new LogFailedException("The replicated log has failed.", failure);
        }

        if (!_leadership.IsLeader)
        {
            throw NotLeading();
        }
    }

    private LeadershipLostException NotLeading() =>
        new("This node does not lead: its log is starting or stopping.", _leadership);

    private void SetLeadership(LeadershipState leadership)
    {
        _leadership = leadership;
        LeadershipChanged?.Invoke(leadership);
    }

    private static Task RunOnOwnThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static ReplicatedLogOptions Checked(ReplicatedLogOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = options.Validate();
        return errors.Count == 0
            ? options
            : throw new ArgumentException(string.Join(' ', errors), nameof(options));
    }

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Critical, "The replicated log in {Folder} failed; this process must be restarted.")]
        public static partial void Failed(ILogger logger, Exception exception, string folder);
    }
}
