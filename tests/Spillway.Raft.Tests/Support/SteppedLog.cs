using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft.Core;
using Spillway.Raft.Hosting;

namespace Spillway.Raft.Tests.Support;

/// <summary>A log on a <see cref="ForgetfulDisk"/> whose steps the test makes itself, on its own thread.</summary>
internal sealed class SteppedLog : IDisposable
{
    private readonly TestMeterFactory _meters = new();
    private readonly Queue<(Action Work, TaskCompletionSource Done)> _aside = new();

    public SteppedLog(ForgetfulDisk disk, ReplicatedLogOptions? options = null)
    {
        Log = new ReplicatedLog(options ?? Options(), State, Seams(disk, _meters, RunAside));
    }

    public JournalStateMachine State { get; } = new();

    public ReplicatedLog Log { get; }

    public int Asides => _aside.Count;

    public static ReplicatedLogOptions Options(int snapshotEveryEntries = 1_000_000) => new()
    {
        Folder = "/forgetful",
        SegmentBytes = 32 << 10,
        EntryBytesMax = 4 << 10,
        SnapshotEveryEntries = snapshotEveryEntries,
    };

    /// <summary>A log of one node over a disk that forgets.</summary>
    public static ReplicatedLogSeams Seams(ForgetfulDisk disk, TestMeterFactory meters, Func<Action, Task> runAside) => new()
    {
        Folder = disk.NewProcess(),
        CreateCore = static (options, state, random) => new RaftCore(options, state, random),
        Random = new Random(1),
        ProcessEpoch = (ulong)disk.Generation,
        Time = TimeProvider.System,
        RunAside = runAside,
        Logger = NullLogger.Instance,
        Meters = meters,
    };

    /// <summary>A log that has recovered what the disk holds.</summary>
    public static SteppedLog Started(ForgetfulDisk disk, ReplicatedLogOptions? options = null)
    {
        var log = new SteppedLog(disk, options);
        log.Log.Recover();
        return log;
    }

    /// <summary>Commits one entry for each id.</summary>
    public void Commit(int firstId, int count, int bytes = 500)
    {
        for (var id = firstId; id < firstId + count; id++)
        {
            var proposal = Propose(id, bytes);
            Step();
            if (!proposal.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException($"Command {id} was not committed.");
            }
        }
    }

    public Task<ProposalResult> Propose(int id, int bytes = 500) =>
        Log.ProposeAsync(JournalStateMachine.Command(id, bytes), CancellationToken.None).AsTask();

    public void Step()
    {
        while (Log.RunOnce())
        {
        }
    }

    /// <summary>Takes a snapshot and sees it through.</summary>
    public void Snapshot()
    {
        var done = Log.SnapshotNowAsync(CancellationToken.None);
        Step();
        RunAside();
        Step();
        done.GetAwaiter().GetResult();
    }

    /// <summary>Does the other thread's work.</summary>
    public void RunAside()
    {
        while (_aside.TryDequeue(out var aside))
        {
            aside.Work();
            aside.Done.SetResult();
        }
    }

    public void Dispose() => _meters.Dispose();

    private Task RunAside(Action work)
    {
        var done = new TaskCompletionSource();
        _aside.Enqueue((work, done));
        return done.Task;
    }
}
