using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft.Core;
using Spillway.Raft.Hosting;
using Spillway.Raft.Tests.Support;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>A node of a <see cref="SteppedGroup"/>: its disk lives on, its process comes and goes.</summary>
internal sealed class SteppedNode(SteppedGroup group, ulong id)
{
    private readonly Queue<(Action Work, TaskCompletionSource Done)> _aside = new();

    public ulong Id => id;

    public ForgetfulDisk Disk { get; } = new(new Random((int)id));

    public JournalStateMachine State { get; private set; } = new();

    public SteppedTransport Transport { get; private set; } = null!;

    /// <summary>Null while there is no process.</summary>
    public ReplicatedLog? Log { get; private set; }

    /// <summary>What the process ended with.</summary>
    public Exception? Failure { get; private set; }

    public List<LeadershipState> Leaderships { get; } = [];

    public int Fetches { get; set; }

    /// <summary>While the message leaves.</summary>
    public Action<RaftMessage>? OnSend { get; set; }

    /// <summary>While a change of members takes effect.</summary>
    public Action<IReadOnlyList<GroupMember>>? OnMembers { get; set; }

    /// <summary>A snapshot's bytes on the way here, to be damaged.</summary>
    public Action<byte[]>? OnFetched { get; set; }

    /// <summary>Whether nothing comes of fetching a snapshot, and nothing ends it.</summary>
    public bool FetchesHang { get; set; }

    /// <summary>Whether the other thread's work waits until the test lets it be done.</summary>
    public bool HoldsAsides { get; set; }

    public ReplicatedLog Running => Log ?? throw new InvalidOperationException($"Node {id} does not run.", Failure);

    public bool Leads => Log is { Leadership.IsLeader: true };

    public void Start(ReplicatedLogOptions? options = null)
    {
        _aside.Clear();
        Failure = null;
        State = new JournalStateMachine();
        Transport = new SteppedTransport(group, this);
        var folder = Disk.NewProcess();
        var log = new ReplicatedLog(options ?? group.OptionsOf(id), State, new ReplicatedLogSeams
        {
            Folder = folder,
            Transport = Transport,
            CreateCore = static (settings, state, random) => new RaftCore(settings, state, random),
            Random = new Random((int)(id * 1000) + Disk.Generation),
            ProcessEpoch = (id * 1_000_000) + (ulong)Disk.Generation,
            Time = group.Time,
            RunAside = RunAside,
            Logger = NullLogger.Instance,
            Meters = group.Meters,
        });
        log.LeadershipChanged += Leaderships.Add;
        try
        {
            log.Recover();
            Log = log;
        }
        catch (Exception exception) when (exception is SimulatedCrashException or LogFailedException)
        {
            Failure = exception;
        }
    }

    /// <summary>The process is gone, with what it had not flushed if the power is cut, too.</summary>
    public void Crash(bool powerCut = false)
    {
        Log = null;
        if (powerCut)
        {
            Disk.PowerCut();
        }
    }

    /// <summary>All there is to do; true when there was something.</summary>
    public bool Step()
    {
        var did = false;
        try
        {
            while (Log is { } log && (log.RunOnce() || RunAsides()))
            {
                did = true;
            }
        }
        catch (Exception exception) when (exception is SimulatedCrashException or LogFailedException)
        {
            Failure = exception;
            Log!.Fail(exception);
            Log = null;
        }

        return did;
    }

    public Task<ProposalResult> Propose(long commandId, int bytes = 100) =>
        Running.ProposeAsync(JournalStateMachine.Command(commandId, bytes), CancellationToken.None).AsTask();

    public bool RunAsides(bool held = false)
    {
        var did = false;
        while ((held || !HoldsAsides) && _aside.TryDequeue(out var aside))
        {
            aside.Work();
            aside.Done.SetResult();
            did = true;
        }

        return did;
    }

    private Task RunAside(Action work)
    {
        var done = new TaskCompletionSource();
        _aside.Enqueue((work, done));
        return done.Task;
    }
}
