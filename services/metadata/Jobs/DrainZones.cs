using Spillway.Metadata.Registrations;
using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Jobs;

/// <summary>
/// What a compactor leaves to those of other zones. A segment is drained best where its writer is, from memory: its home. It waits for a compactor
/// from there for a while only, and only while one is registered; nobody is asked to wait for what failed before, or where more waits than a
/// zone's compactors will have taken soon. One question's view.
/// </summary>
internal sealed class DrainZones
{
    /// <summary>So many drains' bytes are left to a zone's own compactors; with more, whoever has nothing to do helps.</summary>
    private const int BacklogDrainsMax = 4;

    private readonly AcquireJob _command;
    private readonly long _nowMs;
    private readonly NodeTable _nodes;
    private readonly string _zone;
    private readonly HashSet<string> _homes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _waitingBytes = new(StringComparer.Ordinal);

    public DrainZones(AcquireJob command, long nowMs, NodeTable nodes, ContainerTable containers)
    {
        _command = command;
        _nowMs = nowMs;
        _nodes = nodes;
        _zone = nodes.Find(NodeKind.Compactor, command.Request.CompactorId)?.Registration.Zone ?? "";
        if (command.DrainZonePatienceMs <= 0 || _zone.Length == 0)
        {
            return;
        }

        _homes.UnionWith(nodes.All
            .Where(static node => node is { Kind: NodeKind.Compactor, Live: true } && node.Registration.Zone.Length > 0)
            .Select(static node => node.Registration.Zone));
        foreach (var segment in _homes.Any(zone => zone != _zone) ? containers.Drainable : [])
        {
            var home = HomeOf(segment);
            _waitingBytes[home] = _waitingBytes.GetValueOrDefault(home) + segment.LiveBytes;
        }

        ReservedBytes = _waitingBytes.Keys.All(home => home.Length == 0 || home == _zone)
            ? 0
            : containers.Drainable.Where(IsReserved).Sum(static segment => segment.LiveBytes);
    }

    /// <summary>Bytes that wait for others.</summary>
    public long ReservedBytes { get; }

    /// <summary>The zone where its bytes are in memory and somebody is there to ask for them; empty: nobody is nearer than anybody else.</summary>
    public string HomeOf(Segment segment) =>
        _homes.Count > 0
        && _nodes.Find(NodeKind.Writer, segment.WriterId) is { Live: true } writer && writer.Epoch == segment.WriterEpoch
        && _homes.Contains(writer.Registration.Zone)
            ? writer.Registration.Zone
            : "";

    public bool IsReserved(Segment segment) =>
        IsForeign(segment)
        && segment.FailureCount == 0
        && _nowMs < segment.SealedAtMs + _command.DrainAgeMs + _command.DrainZonePatienceMs
        && _waitingBytes[HomeOf(segment)] < BacklogDrainsMax * _command.DrainBytesTarget;

    /// <summary>
    /// What comes first: the oldest, but others' as if they were younger by the patience. A compactor that is behind goes on with its own then, and
    /// still others' come to the front in the end.
    /// </summary>
    public long RankOf(Segment segment) => segment.DrainAfterMs + (IsForeign(segment) ? _command.DrainZonePatienceMs : 0);

    private bool IsForeign(Segment segment) => HomeOf(segment) is { Length: > 0 } home && home != _zone;
}
