namespace Spillway.Raft.Tests.Support;

/// <summary>
/// One seed's life of a log: processes that propose, snapshot, crash at any operation on the disk (recovery's own
/// included), lose power, meet failing writes and flushes, and start again. After every start: nothing acknowledged
/// is missing, nothing is there twice, every result was the command's real position, and what any process ever
/// published is still the beginning of what is there.
/// </summary>
internal sealed class CrashSimulation : IDisposable
{
    private readonly Random _random;
    private readonly ForgetfulDisk _disk;
    private readonly TestMeterFactory _meters = new();
    private readonly Dictionary<long, int> _acknowledged = [];
    private readonly List<(long Id, Task<ProposalResult> Task)> _pending = [];
    private readonly Queue<(Action Work, TaskCompletionSource Done)> _aside = new();
    private readonly ReplicatedLogOptions _options;
    private List<long> _published = [];
    private JournalStateMachine _state = new();
    private ReplicatedLog? _log;
    private long _nextId;

    public CrashSimulation(int seed, bool lyingDisk = false)
    {
        _random = new Random(seed);
        _disk = new ForgetfulDisk(_random) { Lies = lyingDisk };
        _options = new ReplicatedLogOptions
        {
            Folder = "/forgetful",
            SegmentBytes = 20_480 + _random.Next(3) * 8_192,
            EntryBytesMax = 1_024 + _random.Next(1_024),
            SnapshotEveryEntries = 5 + _random.Next(60),
            SnapshotEveryBytes = 2_000 + _random.Next(30_000),
        };
    }

    public int Acknowledged => _acknowledged.Count;

    public int Starts { get; private set; }

    public int Snapshots { get; private set; }

    public void Run(int lives)
    {
        for (var life = 0; life < lives; life++)
        {
            Live(checkOnly: false);
        }

        // The last start meets no fault: it must succeed, and it is checked.
        Live(checkOnly: true);
    }

    // A log that crashed is not disposed: nobody disposes a process that was killed.
    public void Dispose() => _meters.Dispose();

    private void Live(bool checkOnly)
    {
        _state = new JournalStateMachine();
        _aside.Clear();
        _pending.Clear();
        _log = new ReplicatedLog(_options, _state, SteppedLog.Seams(_disk, _meters, RunAside));
        try
        {
            if (!checkOnly && _random.Next(4) == 0)
            {
                _disk.CrashAfter(_random.Next(25));
            }

            _log.Recover();
            Starts++;
            Check();
            if (checkOnly)
            {
                return;
            }

            if (_random.Next(3) != 0)
            {
                _disk.CrashAfter(_random.Next(150));
            }

            for (var step = _random.Next(80); step > 0; step--)
            {
                Step();
            }
        }
        catch (Exception exception) when (exception is SimulatedCrashException or IOException)
        {
            FailWith(exception);
        }

        Settle();
        if (_state.PublishedCount > _published.Count)
        {
            _published = [.. _state.Ids.Take(_state.PublishedCount)];
        }

        _disk.BetweenOperations = null;
        _disk.FailNextFlush = false;
        _disk.FailNextWrite = false;
        if (_random.Next(3) != 0)
        {
            _disk.PowerCut();
        }
    }

    private void Step()
    {
        for (var count = _random.Next(6); count > 0; count--)
        {
            var id = _nextId++;
            _pending.Add((id, _log!.ProposeAsync(
                JournalStateMachine.Command(id, 8 + _random.Next(700)), CancellationToken.None).AsTask()));
        }

        switch (_random.Next(60))
        {
            case 0:
                _disk.FailNextFlush = true;
                break;
            case 1:
                _disk.FailNextWrite = true;
                break;
            case 2:
                _ = _log!.SnapshotNowAsync(CancellationToken.None);
                break;
        }

        while (_random.Next(8) != 0 && RunOnce())
        {
        }

        if (_random.Next(3) == 0 && _aside.TryDequeue(out var aside))
        {
            // The snapshot's thread and the log's thread take turns at every operation on the disk.
            var nested = false;
            var generation = _disk.Generation;
            Exception? failure = null;
            _disk.BetweenOperations = () =>
            {
                if (!nested && failure is null && _random.Next(2) == 0)
                {
                    nested = true;
                    failure = Caught(() => RunOnce());
                    nested = false;
                }
            };
            aside.Work();
            aside.Done.SetResult();
            _disk.BetweenOperations = null;
            Snapshots++;
            if ((failure ?? (_disk.Generation == generation ? null : new SimulatedCrashException())) is { } fatal)
            {
                throw fatal;
            }
        }
    }

    private bool RunOnce()
    {
        var more = _log!.RunOnce();
        Settle();
        return more;
    }

    private void Settle()
    {
        _pending.RemoveAll(pending =>
        {
            if (pending.Task.IsCompletedSuccessfully)
            {
                _acknowledged[pending.Id] = (int)pending.Task.Result.Result!;
            }

            return pending.Task.IsCompletedSuccessfully;
        });
    }

    private void FailWith(Exception exception)
    {
        while (_aside.TryDequeue(out var aside))
        {
            aside.Done.TrySetResult();
        }

        _log!.Fail(exception);
        Settle();
        foreach (var (_, task) in _pending)
        {
            Require(task.Exception?.InnerException is ProposalUnknownException or LogFailedException,
                "a proposal was left hanging by a failure");
        }
    }

    private void Check()
    {
        var ids = _state.Ids;
        Require(ids.Distinct().Count() == ids.Count, "a command was applied twice");
        foreach (var (id, position) in _acknowledged)
        {
            Require(position < ids.Count && ids[position] == id, $"acknowledged command {id} is not at {position}");
        }

        Require(_published.Count <= ids.Count && _published.SequenceEqual(ids.Take(_published.Count)),
            "what had been published is not the beginning of what was recovered");
        Require(_state.PublishedCount == ids.Count, "recovery did not publish all that it applied");
        Require(ids.Zip(ids.Skip(1)).All(static pair => pair.First < pair.Second), "commands changed their order");
        _published = [.. ids];
    }

    private Task RunAside(Action work)
    {
        var done = new TaskCompletionSource();
        _aside.Enqueue((work, done));
        return done.Task;
    }

    private static Exception? Caught(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception exception) when (exception is SimulatedCrashException or IOException)
        {
            return exception;
        }
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException(what);
        }
    }
}
