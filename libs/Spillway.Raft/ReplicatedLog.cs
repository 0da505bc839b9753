using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Spillway.Raft.Core;
using Spillway.Raft.Files;
using Spillway.Raft.Hosting;
using Spillway.Raft.Transport;

namespace Spillway.Raft;

/// <summary>
/// A node of a replicated log: a command is durable on a majority of the group's nodes before it is applied and answered;
/// a group may be one node. One thread owns consensus, log and state; everybody else only queues. Lives from
/// <see cref="StartAsync"/> to <see cref="DisposeAsync"/>, once.
/// </summary>
public sealed partial class ReplicatedLog : IReplicatedLog, IReplicatedGroup
{
    private readonly ReplicatedLogOptions _options;
    private readonly ReplicatedLogSeams _seams;
    private readonly ReplicatedLogMetrics _metrics;
    private readonly LogInbox _inbox;
    private readonly ReplicatedLogEngine _engine;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile LogFailedException? _failure;
    private int _threads;

    /// <summary>Makes a group of one node, which stays one; nothing is read or written before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="stateMachine">What it drives.</param>
    /// <param name="time">Measures durations.</param>
    /// <param name="logger">Where life events go.</param>
    /// <param name="meters">Where its instruments are made.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message names all that are.</exception>
    public ReplicatedLog(
        ReplicatedLogOptions options,
        IReplicatedStateMachine stateMachine,
        TimeProvider time,
        ILogger logger,
        IMeterFactory meters)
        : this(options, stateMachine, transport: null, time, logger, meters)
    {
    }

    /// <summary>Makes a node that talks to others, now or later; it disposes the transport.</summary>
    internal ReplicatedLog(
        ReplicatedLogOptions options,
        IReplicatedStateMachine stateMachine,
        IRaftTransport? transport,
        TimeProvider time,
        ILogger logger,
        IMeterFactory meters)
        : this(options, stateMachine, new ReplicatedLogSeams
        {
            Folder = new DiskFolder(Checked(options).Folder),
            Transport = transport,
            CreateCore = static (settings, state, random) => new RaftCore(settings, state, random),
            Random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue)),
            ProcessEpoch = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))),
            Time = time,
            RunAside = RunOnOwnThread,
            Logger = logger,
            Meters = meters,
        })
    {
    }

    /// <summary>The same over any disk, core, network and clock; tests step it by <see cref="RunOnce"/>.</summary>
    internal ReplicatedLog(
        ReplicatedLogOptions options, IReplicatedStateMachine stateMachine, ReplicatedLogSeams seams)
    {
        _options = Checked(options);
        _seams = seams;
        _metrics = new ReplicatedLogMetrics(seams.Meters);
        _inbox = new LogInbox(options.EntryBytesMax, options.QueuedBytesMax);
        _metrics.ObserveQueue(() => _inbox.QueuedProposals);
        _engine = new ReplicatedLogEngine(options, stateMachine, seams, _inbox, _metrics);
    }

    /// <inheritdoc/>
    public event Action<LeadershipState>? LeadershipChanged
    {
        add => _engine.LeadershipChanged += value;
        remove => _engine.LeadershipChanged -= value;
    }

    /// <inheritdoc/>
    public ulong AppliedIndex => _engine.AppliedIndex;

    /// <inheritdoc/>
    public LeadershipState Leadership => _engine.Leadership;

    /// <inheritdoc/>
    public bool LeadsWithQuorum => _failure is null && _engine.LeadsWithQuorum;

    /// <inheritdoc/>
    public Task Completion => _completion.Task;

    /// <summary>Whose log this is: the setting's, the folder's, or the id drawn for an empty folder.</summary>
    /// <exception cref="InvalidOperationException">The log has not started.</exception>
    public Guid ClusterId => _engine.Identity?.ClusterId
        ?? throw new InvalidOperationException("The log has not started.");

    /// <summary>What the transport hands arriving things to; for tests that carry messages themselves.</summary>
    internal IRaftReceiver Receiver => _engine.Receiver;

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
        var proposal = new AwaitedProposal(_seams.Time.GetTimestamp());
        _inbox.Add(command.Span, proposal);
        if (ct.CanBeCanceled)
        {
            proposal.CancelWaitOn(ct);
        }

        return new ValueTask<ProposalResult>(proposal.Task);
    }

    /// <inheritdoc/>
    public void Propose(ReadOnlySpan<byte> command, IProposalObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        ThrowIfNotLeading();
        _inbox.Add(command, new ObservedProposal(_seams.Time.GetTimestamp(), observer));
    }

    /// <inheritdoc/>
    public ValueTask<ulong> ReadBarrierAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ThrowIfNotLeading();
        if (_engine.IsSoleVoter)
        {
            // Nobody else can have acknowledged anything; what was acknowledged was applied and published here before.
            return new ValueTask<ulong>(AppliedIndex);
        }

        var waiter = new TaskCompletionSource<ulong>(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.AddRead(waiter);
        return new ValueTask<ulong>(waiter.Task.WaitAsync(ct));
    }

    /// <inheritdoc/>
    public Task SnapshotNowAsync(CancellationToken ct)
    {
        ThrowIfFailed();
        var request = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.Post(() => _engine.RequestSnapshot(request), failure => request.TrySetException(failure));
        return request.Task.WaitAsync(ct);
    }

    /// <summary>
    /// Commits what is queued, refuses what comes later, hands leadership over where there is another voter, within
    /// <see cref="ReplicatedLogOptions.HandOverTimeout"/>, and closes the folder.
    /// </summary>
    /// <returns>A task that ends when the folder is free.</returns>
    public async ValueTask DisposeAsync()
    {
        _inbox.Stop(Stopping);
        if (Interlocked.Exchange(ref _threads, 1) == 0)
        {
            _engine.Dispose(); // never started
            _started.TrySetCanceled();
            _completion.TrySetResult();
        }

        await _completion.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_seams.Transport is { } transport)
        {
            await transport.DisposeAsync();
        }

        _inbox.Dispose();
        _metrics.Dispose();
    }

    /// <summary>
    /// Recovery, on the calling thread, up to where the node is ready to serve (and leads, in a group of one); part of
    /// <see cref="Run"/>, apart for tests that step.
    /// </summary>
    internal void Recover() => _engine.Recover();

    /// <summary>One tick of the clock, as far as no more than three wait already; done by the next step.</summary>
    internal void Tick() => _inbox.AddTicks(1);

    /// <summary>One step on the calling thread; false when there was nothing to do.</summary>
    internal bool RunOnce() => _engine.RunOnce();

    /// <summary>Makes the failure known to everyone; nothing is written any more.</summary>
    internal void Fail(Exception exception)
    {
        _failure = exception as LogFailedException
            ?? new LogFailedException(
                $"The replicated log in {_options.Folder} failed: {exception.Message}", exception);
        _engine.Fail(_failure);
        _inbox.Fail(() => new LogFailedException("The replicated log has failed.", _failure));
    }

    private void Run()
    {
        try
        {
            Recover();
            _started.SetResult();
            var clock = new TickClock(_seams.Time, _options.TickInterval, ticking: _seams.Transport is not null);
            do
            {
                _inbox.WaitForWork(clock.UntilNext());
                _inbox.AddTicks(clock.TakeDue());
                while (_engine.RunOnce())
                {
                }
            }
            while (!_inbox.IsStopping || !_engine.TryFinish());

            _engine.Close(Stopping());
            _engine.Dispose();
            _completion.SetResult();
        }
        catch (Exception exception) // whatever it is, nothing may be acknowledged after it
        {
            Fail(exception);
            _engine.Dispose();
            _started.TrySetException(_failure!);
            _completion.TrySetException(_failure!);
            _ = _completion.Task.Exception; // observed: nobody has to look at both tasks
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new LogFailedException("The replicated log has failed.", failure);
        }
    }

    private void ThrowIfNotLeading()
    {
        ThrowIfFailed();
        if (Leadership is { IsLeader: false } leadership)
        {
            throw new LeadershipLostException("This node does not lead.", leadership);
        }
    }

    private LeadershipLostException Stopping() => new("This node's log is stopping.", Leadership);

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
}
