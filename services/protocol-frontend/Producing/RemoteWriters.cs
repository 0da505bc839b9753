using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Append;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// Writers in other processes, as metadata knows them: one long-lived stream a writer epoch, shared by all connections. A connection stays with
/// its writer while that one lives and its stream works. A writer whose stream broke is the last choice for a while: it may be dead, and
/// metadata learns that only when its lease ends.
/// </summary>
internal sealed class RemoteWriters(
    ClusterView cluster, IWriterStreams streams, ProtocolFrontendOptions options, ProtocolFrontendMetrics metrics, TimeProvider time)
    : IWriters, IAsyncDisposable
{
    // As long as a lease by default: then metadata says itself that it is dead. One that comes back has a new epoch and is asked at once.
    private static readonly TimeSpan DoubtTime = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();                            // guards the dictionary and its values
    private readonly Dictionary<(int WriterId, long Epoch), WriterLink> _links = [];

    public IAppendStream? Choose(ConnectionState connection, string connectionId)
    {
        if (connection.Writer is { IsBroken: false } current)
        {
            return current;
        }

        lock (_lock)
        {
            return connection.Writer = Pick(connectionId) is { } chosen ? Open(chosen) : null;
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
        var own = new List<NodeImage>();
        var others = new List<NodeImage>();
        foreach (var node in LiveWriters(cluster.Image))
        {
            (node.Zone == options.Zone ? own : others).Add(node);
        }

        if (!options.AllowOtherZoneWriter)
        {
            others.Clear();
        }

        var chosen = own.FindAll(node => !IsDoubtful(node));
        chosen = chosen.Count > 0 ? chosen : others.FindAll(node => !IsDoubtful(node));
        chosen = chosen.Count > 0 ? chosen : own.Count > 0 ? own : others;
        if (chosen.Count == 0)
        {
            return null;
        }

        var writer = chosen[(int)((uint)connectionId.GetHashCode(StringComparison.Ordinal) % (uint)chosen.Count)];
        if (writer.Zone != options.Zone)
        {
            metrics.OtherZoneWriterChosen();
        }

        return writer;
    }

    private bool IsDoubtful(NodeImage writer)
    {
        if (!_links.TryGetValue((writer.NodeId, writer.Epoch), out var link) || !link.Stream.IsBroken)
        {
            return false;
        }

        link.BrokenSince ??= time.GetTimestamp();
        return time.GetElapsedTime(link.BrokenSince.Value) < DoubtTime;
    }

    private IAppendStream Open(NodeImage writer)
    {
        var key = (writer.NodeId, writer.Epoch);
        if (_links.TryGetValue(key, out var known) && !known.Stream.IsBroken)
        {
            return known.Stream;
        }

        var link = new WriterLink(streams.Open(writer));
        _links[key] = link;
        return link.Stream;
    }

    private sealed class WriterLink(IAppendStream stream)
    {
        public IAppendStream Stream { get; } = stream;

        /// <summary>When it was first seen to be broken.</summary>
        public long? BrokenSince { get; set; }
    }
}
