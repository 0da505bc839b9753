using Spillway.ProtocolFrontend.Cluster;
using Spillway.Rpc.Append;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// Writers in other processes, as metadata knows them: one long-lived stream a writer epoch, shared by all connections. A writer whose stream
/// broke may be dead, and metadata learns that only when its lease ends: nothing is sent to it before it has answered a new stream, and
/// for a while others are preferred even then.
/// </summary>
internal sealed class RemoteWriters(
    ClusterView cluster, IWriterStreams streams, ProtocolFrontendOptions options, ProtocolFrontendMetrics metrics, TimeProvider time)
    : IWriters, IAsyncDisposable
{
    // As long as a lease by default: then metadata says itself that it is dead. One that comes back has a new epoch and is asked at once.
    private static readonly TimeSpan DoubtTime = TimeSpan.FromSeconds(10);

    // How soon a new stream is tried where the last one broke.
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();                            // guards the dictionary and its values
    private readonly Dictionary<(int WriterId, long Epoch), WriterLink> _links = [];

    public IAppendStream? Choose(string connectionId)
    {
        lock (_lock)
        {
            return Pick(connectionId) is { } chosen ? Open(chosen).Stream : null;
        }
    }

    /// <summary>
    /// Breaks the streams of writer epochs that are over: what they have not answered will never be committed, so whoever waits for it is told
    /// now, and not when a network time-out ends.
    /// </summary>
    public async ValueTask LeaveEndedAsync(ClusterImage image)
    {
        var live = LiveWriters(image).Select(static node => (node.NodeId, node.Epoch)).ToHashSet();
        List<IAppendStream> ended = [];
        lock (_lock)
        {
            foreach (var key in _links.Keys.Where(key => !live.Contains(key)).ToList())
            {
                ended.Add(_links[key].Stream);
                _links.Remove(key);
            }
        }

        foreach (var stream in ended)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => LeaveEndedAsync(ClusterImage.Empty);

    private static IEnumerable<NodeImage> LiveWriters(ClusterImage image) =>
        image.Nodes.Where(static node => node is { Kind: NodeKind.Writer, Live: true });

    // Partition-independent, by connection: a connection's order is kept because all it sends goes one way.
    private NodeImage? Pick(string connectionId)
    {
        List<NodeImage>? best = null;
        var bestRank = int.MaxValue;
        foreach (var node in LiveWriters(cluster.Image))
        {
            if ((node.Zone != options.Zone && !options.AllowOtherZoneWriter) || Rank(node) is not { } rank || rank > bestRank)
            {
                continue;
            }

            if (rank < bestRank)
            {
                (best, bestRank) = ([], rank);
            }

            best!.Add(node);
        }

        if (best is null)
        {
            return null;
        }

        var writer = best[(int)((uint)connectionId.GetHashCode(StringComparison.Ordinal) % (uint)best.Count)];
        if (writer.Zone != options.Zone)
        {
            metrics.OtherZoneWriterChosen();
        }

        return writer;
    }

    /// <summary>Lower is better: those that never failed before those that did, the own zone's before others'; null: not to be used now.</summary>
    private int? Rank(NodeImage writer)
    {
        var otherZone = writer.Zone == options.Zone ? 0 : 1;
        if (!_links.TryGetValue((writer.NodeId, writer.Epoch), out var link))
        {
            return otherZone;
        }

        if (link.Stream.IsBroken)
        {
            link.FailedSince ??= time.GetTimestamp();
            if (time.GetElapsedTime(link.OpenedTimestamp) >= ProbePeriod)
            {
                Open(writer, link.FailedSince);
            }

            return null;
        }

        if (link.FailedSince is not { } failedSince)
        {
            return otherZone;
        }

        // A writer that says nothing to a new stream, and does not refuse it either, is given a try in the end.
        var isOver = time.GetElapsedTime(failedSince) >= DoubtTime;
        if (!link.Stream.IsConnected)
        {
            return isOver && time.GetElapsedTime(link.OpenedTimestamp) >= DoubtTime ? 4 + otherZone : null;
        }

        if (isOver)
        {
            link.FailedSince = null;
        }

        return isOver ? otherZone : 2 + otherZone;
    }

    private WriterLink Open(NodeImage writer, long? failedSince = null)
    {
        var key = (writer.NodeId, writer.Epoch);
        if (_links.TryGetValue(key, out var known))
        {
            if (!known.Stream.IsBroken)
            {
                return known;
            }

            _ = known.Stream.DisposeAsync().AsTask();
        }

        var link = new WriterLink(streams.Open(writer), time.GetTimestamp()) { FailedSince = failedSince };
        _links[key] = link;
        return link;
    }

    private sealed class WriterLink(IAppendStream stream, long openedTimestamp)
    {
        public IAppendStream Stream { get; } = stream;

        public long OpenedTimestamp { get; } = openedTimestamp;

        /// <summary>When a stream to that writer was first seen to be broken; null when that is forgotten.</summary>
        public long? FailedSince { get; set; }
    }
}
