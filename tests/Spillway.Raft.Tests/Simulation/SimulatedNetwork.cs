using System.Buffers.Binary;
using Spillway.Raft.Core;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// What lies between the nodes: loses, doubles, delays, overtakes and cuts. Each message travels as the bytes of the
/// real format. Knows every endpoint, dead or alive; a message to a node that was started anew reaches its new life.
/// </summary>
internal sealed class SimulatedNetwork(VirtualClock clock, Random random)
{
    private const int StragglerMs = 60;
    private const int StuckMsMax = 4_000;
    private const int StuckOnCutPercent = 25;

    private readonly Dictionary<ulong, SimulatedTransport> _endpoints = [];
    private readonly HashSet<(ulong From, ulong To)> _cuts = [];
    private readonly Dictionary<(ulong From, ulong To), TimeSpan> _slow = [];
    private readonly Dictionary<(ulong From, ulong To), TimeSpan> _lastDue = [];

    public Weather Weather { get; set; } = Weather.Calm;

    /// <summary>Of every message sent: when, and all its bytes. The same for two runs of one seed.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public long Sent { get; private set; }

    public long Lost { get; private set; }

    public long SnapshotsFetched { get; set; }

    public long FetchesBroken { get; set; }

    public VirtualClock Clock => clock;

    public Random Random => random;

    public void Attach(SimulatedTransport endpoint) => _endpoints[endpoint.NodeId] = endpoint;

    public void Detach(SimulatedTransport endpoint)
    {
        if (_endpoints.GetValueOrDefault(endpoint.NodeId) == endpoint)
        {
            _endpoints.Remove(endpoint.NodeId);
        }
    }

    /// <summary>The node's endpoint, if a process of it runs.</summary>
    public SimulatedTransport? Find(ulong nodeId) => _endpoints.GetValueOrDefault(nodeId);

    /// <summary>Nothing goes that way any more, what is under way neither.</summary>
    public void Cut(ulong from, ulong to) => _cuts.Add((from, to));

    /// <summary>What goes that way from now on takes so much longer.</summary>
    public void Slow(ulong from, ulong to, TimeSpan by) => _slow[(from, to)] = by;

    public void Mend()
    {
        _cuts.Clear();
        _slow.Clear();
    }

    public bool IsCut(ulong from, ulong to) => _cuts.Contains((from, to));

    public bool Chance(int percent) => percent > 0 && random.Next(100) < percent;

    /// <summary>How long a message takes now.</summary>
    public TimeSpan Latency() => Chance(Weather.StragglerPercent)
        ? TimeSpan.FromMilliseconds(StragglerMs)
        : TimeSpan.FromMicroseconds(100 + random.Next(2_000));

    public void Send(RaftMessage message)
    {
        var frame = new byte[RaftMessageFormat.BytesOf(message)];
        RaftMessageFormat.Write(message, frame);
        Sent++;
        Mix(BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(4)));
        Mix((ulong)clock.GetTimestamp());
        var cut = IsCut(message.From, message.To);
        if (cut || Chance(Weather.LossPercent))
        {
            Lose(frame, message.From, message.To, cut);
            return;
        }

        Schedule(frame, message.From, message.To);
        if (Chance(Weather.DuplicatePercent))
        {
            Schedule(frame, message.From, message.To);
        }
    }

    // A connection that stands still keeps what it was given, and may deliver it when it goes on.
    private void Lose(byte[] frame, ulong from, ulong to, bool cut)
    {
        Lost++;
        if (cut && Chance(StuckOnCutPercent))
        {
            clock.After(TimeSpan.FromMilliseconds(random.Next(StuckMsMax)), () => Deliver(frame, from, to));
        }

        if (random.Next(4) == 0)
        {
            ReportUnreachable(from, to);
        }
    }

    /// <summary>Who hears from a stranger says that it is one; the handshake of two transports does that.</summary>
    public void TellRemoved(ulong by, ulong stranger, ulong appliedIndex)
    {
        if (!IsCut(by, stranger) && !Chance(Weather.LossPercent))
        {
            clock.After(Latency(), () => Find(stranger)?.TellRemoved(by, appliedIndex));
        }
    }

    private void Schedule(byte[] frame, ulong from, ulong to)
    {
        var stuck = Chance(Weather.StuckPercent);
        var due = clock.Now + _slow.GetValueOrDefault((from, to))
            + (stuck ? TimeSpan.FromMilliseconds(random.Next(StuckMsMax)) : Latency());
        if (!stuck && !Chance(Weather.ReorderPercent))
        {
            // As on one connection: not before what was sent before.
            var last = _lastDue.GetValueOrDefault((from, to));
            due = due > last ? due : last;
            _lastDue[(from, to)] = due;
        }

        clock.After(due - clock.Now, () => Deliver(frame, from, to));
    }

    private void Deliver(byte[] frame, ulong from, ulong to)
    {
        if (IsCut(from, to) || !_endpoints.TryGetValue(to, out var endpoint))
        {
            Lost++;
            return;
        }

        var message = RaftMessageFormat.Read(frame, out var reason)
            ?? throw new HistoryViolationException(HistoryRule.StaysUp,
                $"node {to} cannot read what node {from} sent: {reason}");
        endpoint.Deliver(message);
    }

    // A transport notices by a failed send or by a time-out, so a while after it.
    private void ReportUnreachable(ulong from, ulong to)
    {
        var sender = Find(from);
        clock.After(TimeSpan.FromMilliseconds(random.Next(30)), () =>
        {
            if (sender is not null && Find(from) == sender)
            {
                sender.ReportUnreachable(to);
            }
        });
    }

    private void Mix(ulong value)
    {
        for (var i = 0; i < sizeof(ulong); i++, value >>= 8)
        {
            Hash = (Hash ^ (value & 0xff)) * 1099511628211;
        }
    }
}
