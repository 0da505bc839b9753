namespace Spillway.Raft.Tests.Support;

/// <summary>
/// A disk in memory that survives processes and forgets at a power cut what was not flushed: a random part of the
/// unflushed writes (by sectors) and of the unflushed changes of names stays. Seeded and single-threaded.
/// </summary>
internal sealed class ForgetfulDisk(Random random)
{
    private const string IoErrorMessage = "I/O error (simulated)";

    private readonly List<Action<Dictionary<string, ForgetfulFile>>> _unflushedNames = [];
    private Dictionary<string, ForgetfulFile> _names = [];
    private readonly Dictionary<string, ForgetfulFile> _durableNames = [];
    private int _operationsLeft = int.MaxValue;

    public Random Random => random;

    public IReadOnlyDictionary<string, ForgetfulFile> Files => _names;

    /// <summary>Counts the processes; a folder of an earlier one is dead.</summary>
    public int Generation { get; private set; }

    /// <summary>A disk that says yes to flushes and does nothing: for the test of the tests.</summary>
    public bool Lies { get; set; }

    /// <summary>The next flush of a file fails.</summary>
    public bool FailNextFlush { get; set; }

    /// <summary>The next write fails, in the middle.</summary>
    public bool FailNextWrite { get; set; }

    /// <summary>The process dies at the next flush of a file, there.</summary>
    public FlushCrash? CrashAtNextFlush { get; set; }

    /// <summary>Writes (a file's name, the bytes) that flushes leave out: the disk lies about some, for tests of the tests.</summary>
    public Func<string, ReadOnlyMemory<byte>, bool>? FlushOmits { get; set; }

    /// <summary>Flushes of files that were asked for.</summary>
    public long Flushes { get; private set; }

    /// <summary>Called before each operation: where another thread's work could come in between.</summary>
    public Action? BetweenOperations { get; set; }

    public ForgetfulFolder NewProcess()
    {
        Generation++;
        _operationsLeft = int.MaxValue;
        CrashAtNextFlush = null;
        return new ForgetfulFolder(this, Generation);
    }

    /// <summary>The process dies in the middle of the operation after that many.</summary>
    public void CrashAfter(int operations) => _operationsLeft = operations;

    public void PowerCut()
    {
        var prefix = random.Next(2) == 0 ? random.Next(_unflushedNames.Count + 1) : -1;
        for (var i = 0; i < _unflushedNames.Count; i++)
        {
            if (prefix >= 0 ? i < prefix : random.Next(2) == 0)
            {
                _unflushedNames[i](_durableNames);
            }
        }

        _unflushedNames.Clear();
        foreach (var file in _names.Values.Concat(_durableNames.Values).Distinct())
        {
            file.FlushByChance(random);
            file.Forget();
        }

        _names = new Dictionary<string, ForgetfulFile>(_durableNames);
    }

    /// <summary>A disk with what a power cut now would leave at the least: nothing that was not flushed.</summary>
    public ForgetfulDisk AfterPowerCut()
    {
        var copy = new ForgetfulDisk(new Random(0));
        foreach (var (name, file) in _durableNames)
        {
            copy._names[name] = copy._durableNames[name] = file.Durable();
        }

        return copy;
    }

    /// <summary>Whether the operation may go on; false when it is the one in whose middle the process dies.</summary>
    public bool Begin(int generation)
    {
        if (generation != Generation)
        {
            throw new SimulatedCrashException();
        }

        BetweenOperations?.Invoke();
        return --_operationsLeft >= 0;
    }

    public static IOException IoError() => new(IoErrorMessage);

    /// <summary>Whether the exception is, or comes from, an error that this disk was told to give.</summary>
    public static bool IsSimulated(Exception exception) => exception is IOException { Message: IoErrorMessage };

    public SimulatedCrashException Crash()
    {
        Generation++;
        return new SimulatedCrashException();
    }

    /// <summary>What a flush of a file does.</summary>
    public void Flush(int generation, string name, ForgetfulFile file)
    {
        Flushes++;
        var whole = Begin(generation);
        var crash = whole ? CrashAtNextFlush : FlushCrash.Middle;
        CrashAtNextFlush = null;
        if (crash == FlushCrash.Before)
        {
            throw Crash();
        }

        if (crash == FlushCrash.Middle || FailNextFlush)
        {
            file.FlushByChance(random);
            FailNextFlush = false;
            throw crash is null ? IoError() : Crash();
        }

        if (!Lies)
        {
            file.Flush(FlushOmits is { } omits ? data => omits(name, data) : null);
        }

        if (crash == FlushCrash.After)
        {
            throw Crash();
        }
    }

    public ForgetfulFile Find(string name) =>
        _names.TryGetValue(name, out var file) ? file : throw new FileNotFoundException(name);

    public void Change(Action<Dictionary<string, ForgetfulFile>> change)
    {
        change(_names);
        _unflushedNames.Add(change);
    }

    public void FlushNames()
    {
        if (!Lies)
        {
            _unflushedNames.ForEach(change => change(_durableNames));
            _unflushedNames.Clear();
        }
    }
}
