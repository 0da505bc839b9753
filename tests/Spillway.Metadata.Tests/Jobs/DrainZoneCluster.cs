using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Jobs;

/// <summary>Writers in three zones that seal a segment every tick, and compactors that take what they are given at once, or die over it.</summary>
internal sealed class DrainZoneCluster
{
    public const int Target = 6_000;
    public const int DefaultPatienceMs = 2_000;
    public const long LeaseMs = StateContext.LeaseMs;
    public const int RetryAfterMs = 5_000;

    private const int TickMs = 500;
    private const int AgeMs = 3_000;
    private const int CompactorsAZoneMax = 2;

    private readonly StateContext _context = new();
    private readonly Random _random;
    private readonly int _target;
    private readonly int _patienceMs;
    private readonly Dictionary<string, TestWriter> _writers = [];
    private readonly Dictionary<long, string> _zones = [];
    private readonly List<(TestCompactor Compactor, string Name, string Zone)> _compactors = [];
    private readonly long[] _logs;
    private int _names;
    private long _homeBytes;

    public DrainZoneCluster(Random random, int target, int patienceMs = DefaultPatienceMs)
    {
        (_random, _target, _patienceMs) = (random, target, patienceMs);
        _logs = _context.CreateTopic(partitions: 4);
        foreach (var zone in new[] { "a", "b", "c" })
        {
            _writers.Add(zone, _context.NewWriter(zone, zone: zone));
        }
    }

    public int CompactorCount => _compactors.Count;

    public long DrainedBytes { get; private set; }

    public double HomeShare => (double)_homeBytes / DrainedBytes;

    public long UndrainedBytes => _context.State.Containers.Segments.Sum(static segment => segment.LiveBytes);

    /// <summary>
    /// How much longer than it should something waits that is in nobody's hand, since it was sealed or is offered again; 0: nothing does.
    /// </summary>
    public long LateMs => _context.State.Containers.Drainable
        .Select(segment => _context.NowMs - Math.Max(segment.SealedAtMs, segment.DrainAfterMs) - AgeMs - _patienceMs + 1)
        .Append(0).Max();

    public void Add(string zone)
    {
        var name = $"c{++_names}";
        var compactor = _context.NewCompactor(name, zone: zone);
        (compactor.DrainBytesTarget, compactor.DrainAgeMs, compactor.DrainZonePatienceMs) = (_target, AgeMs, _patienceMs);
        compactor.Kinds = [JobKind.Drain];
        _compactors.Add((compactor, name, zone));
    }

    /// <summary>A tick: each writer seals a segment with one batch.</summary>
    public void Write(int bytesMax)
    {
        PassTime(TickMs);
        foreach (var (zone, writer) in _writers)
        {
            writer.Open();
            _zones.Add(writer.SegmentId, zone);
            writer.CommitOne(_context.Batch(_logs[_random.Next(_logs.Length)], length: _random.Next(1, bytesMax)));
            writer.Seal();
        }
    }

    public void PassTime(long ms)
    {
        _context.NowMs += ms;
        foreach (var zone in _writers.Keys)
        {
            _context.Register(NodeKind.Writer, zone, zone: zone);
        }

        foreach (var (_, name, zone) in _compactors)
        {
            _context.Register(NodeKind.Compactor, name, zone: zone);
        }

        _context.ExpireDeadlines();
    }

    /// <summary>One comes, one says good-bye, or one is not heard of again, which metadata learns when its lease is over.</summary>
    public void ComeAndGo()
    {
        if (_random.Next(10) == 0)
        {
            var zone = _writers.Keys.ElementAt(_random.Next(_writers.Count));
            if (_compactors.Count(compactor => compactor.Zone == zone) < CompactorsAZoneMax)
            {
                Add(zone);
            }
        }

        if (_compactors.Count > 0 && _random.Next(12) == 0)
        {
            var gone = _random.Next(_compactors.Count);
            if (_random.Next(2) == 0)
            {
                var compactor = _compactors[gone].Compactor;
                var request = new DeregisterRequest { Kind = NodeKind.Compactor, NodeId = compactor.Id, Epoch = compactor.Epoch };
                _context.Apply<DeregisterReply>(new Command { DeregisterNode = request });
            }

            _compactors.RemoveAt(gone);
        }
    }

    /// <summary>Each compactor, in a random order, asks until there is nothing more; gives how many drains that were.</summary>
    public int AskAll(bool isReliable)
    {
        var count = 0;
        foreach (var (compactor, name, zone) in _compactors.OrderBy(_ => _random.Next()).ToList())
        {
            while (compactor.Acquire().Job is { } job)
            {
                count++;
                if (!isReliable && _random.Next(30) == 0)
                {
                    // Dead with the job in hand.
                    _compactors.RemoveAll(other => other.Name == name);
                    break;
                }

                if (!isReliable && _random.Next(30) == 0)
                {
                    compactor.Complete(job, failed: true);
                    continue;
                }

                DrainedBytes += job.Ranges.Sum(static range => range.Entry.Length);
                _homeBytes += job.Ranges.Where(range => _zones[range.Entry.ContainerId] == zone).Sum(static range => range.Entry.Length);
                compactor.Drain(job);
                compactor.Complete(job);
            }
        }

        return count;
    }
}
