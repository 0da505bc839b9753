using Spillway.Raft.Tests.Support;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>A node through all lives of its process: its disk, and how good a machine it has just now.</summary>
internal sealed class SimulatedNode
{
    private readonly Cluster _cluster;
    private readonly Random _random;

    public SimulatedNode(Cluster cluster, ulong id, bool founder)
    {
        _cluster = cluster;
        Id = id;
        IsFounder = founder;
        _random = cluster.RandomFor(100 + (int)id);
        Disk = new ForgetfulDisk(_random);
        cluster.Setup.Disk(Disk);
    }

    public static TimeSpan UsualFlushTime { get; } = TimeSpan.FromMicroseconds(200);

    public ulong Id { get; }

    public bool IsFounder { get; }

    public Random Random => _random;

    public ForgetfulDisk Disk { get; }

    /// <summary>The running process; null while the node is down.</summary>
    public NodeProcess? Process { get; private set; }

    /// <summary>How often it was started.</summary>
    public int Life { get; private set; }

    public bool IsRetiring { get; set; }

    public bool IsGone { get; private set; }

    /// <summary>How long the process stands still for a flush.</summary>
    public TimeSpan FlushTime { get; set; } = UsualFlushTime;

    /// <summary>How long work beside the log's thread takes at most.</summary>
    public TimeSpan AsideTime { get; set; } = TimeSpan.FromMilliseconds(30);

    /// <summary>The next entries that it sends as a leader are the last thing that it does.</summary>
    public bool CrashesBetweenSendAndFlush { get; set; }

    public static string AddressOf(ulong id) => $"node-{id}:9000";

    public void Start()
    {
        if (Process is null && !IsGone)
        {
            Life++;
            _cluster.Starts++;
            Process = new NodeProcess(_cluster, this);
            Process.Begin();
        }
    }

    /// <summary>The process is killed, or its machine loses power.</summary>
    public void Crash()
    {
        var process = Process;
        Process = null;
        process?.Dispose();
        Disk.CrashAfter(int.MaxValue);
        Disk.FailNextFlush = Disk.FailNextWrite = false;
        Disk.BetweenOperations = null;
        if (_random.Next(3) != 0)
        {
            Disk.PowerCut();
        }

        // Often at once, so that what it forgot matters; at times long after.
        var most = _random.Next(4) switch { 0 => 6_000, 1 => 1_500, _ => 200 };
        _cluster.Clock.After(TimeSpan.FromMilliseconds(_random.Next(most)), Start);
    }

    /// <summary>The disk is gone, and the node's id with it.</summary>
    public void LoseDisk() => Retire();

    /// <summary>The node is shut down and never comes back.</summary>
    public void Retire()
    {
        IsGone = true;
        Process?.Dispose();
        Process = null;
        _cluster.Forget(this);
    }

    public override string ToString() =>
        $"node {Id}, life {Life}: {Process?.ToString() ?? "down"}";
}
