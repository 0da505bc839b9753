using Spillway.Metadata.Log;
using Spillway.Metadata.Snapshots;
using Spillway.Rpc;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;
using Spillway.Storage.Copies;
using Spillway.Storage.Objects;

namespace Spillway.Metadata.Copies;

/// <summary>
/// The leader copies the state to the object store every <see cref="MetadataOptions.SnapshotCopyInterval"/> and keeps the newest few. What fails
/// is logged, counted and tried again at the next step; nothing waits for it but the deletion of objects that older copies name.
/// </summary>
internal sealed partial class SnapshotCopyLoop : BackgroundLoop
{
    private readonly MetadataNode _node;
    private readonly MetadataStateMachine _machine;
    private readonly MetadataOptions _options;
    private readonly SnapshotCopyStore? _store;
    private readonly KeptCopies _kept;
    private readonly MetadataMetrics _metrics;
    private readonly ILogger _logger;

    public SnapshotCopyLoop(
        MetadataNode node,
        MetadataStateMachine machine,
        MetadataOptions options,
        KeptCopies kept,
        MetadataMetrics metrics,
        LoopEnvironment environment,
        IObjectStore? store = null)
        : base("metadata.snapshot-copy", options.MakesSnapshotCopies ? options.SnapshotCopyInterval : TimeSpan.FromHours(1), environment)
    {
        _node = node;
        _machine = machine;
        _options = options;
        _kept = kept;
        _metrics = metrics;
        _logger = environment.Loggers.CreateLogger<SnapshotCopyLoop>();
        if (store is not null && options.MakesSnapshotCopies)
        {
            _store = new SnapshotCopyStore(store.For(RequestCause.Snapshot));
            kept.Enable();
            metrics.ObserveCopies(kept, node);
            node.LeadChanged += _ => Wake();
        }
    }

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (_store is null || _node.Lead is not { } lead)
        {
            return false;
        }

        try
        {
            await _node.InitializeAsync(cancellationToken);
            await ConfirmAsync(cancellationToken);
            var (clusterId, incarnation, isHeld) = _node.Read(static state => (
                Convert.ToHexStringLower(state.ClusterId), state.Containers.Incarnation, state.Containers.IsCollectionHeld));
            var listing = await _store.ListAsync(clusterId, cancellationToken);
            _kept.Note(lead, listing);
            if (IsDue(listing, incarnation) && await CopyAsync(lead, clusterId, cancellationToken))
            {
                _kept.Note(lead, await PruneAsync(clusterId, incarnation, isHeld, cancellationToken));
            }
        }
        catch (RpcException)
        {
            // Not the leader any more, or the log is busy: the next step looks again, here or elsewhere.
        }
        catch (ObjectStoreException e)
        {
            _metrics.CopyFailed();
            Log.Failed(_logger, e.Message);
        }

        return false;
    }

    /// <summary>
    /// The predecessor of a new leader may have made one a moment ago. The period has some randomness and must not skip one for it, nor for a
    /// state whose time stands still because nothing is committed.
    /// </summary>
    private bool IsDue(CopyListing listing, long incarnation) =>
        listing.Whole is not [var newest, ..] || newest.Incarnation != incarnation
        || _node.NowMs - newest.TimeMs >= _options.SnapshotCopyInterval.TotalMilliseconds * 0.5;

    private async Task<bool> CopyAsync(Lead lead, string clusterId, CancellationToken cancellationToken)
    {
        await using var buffer = new SnapshotBuffer();
        var (name, topics, partitions, objects) = _machine.Read(state =>
        {
            SnapshotWriter.Write(state, buffer);
            return (
                new SnapshotCopyName(clusterId, state.Containers.Incarnation, state.Clock.NowMs),
                state.Topics.TopicCount,
                state.Topics.LogCount,
                state.Containers.ObjectCount);
        });
        var payload = buffer.ToPayload();
        var manifest = new SnapshotManifest(
            SnapshotManifest.Version, payload.LengthBytes, payload.Crc32C, topics, partitions, objects);
        if (!await _store!.PutAsync(name, payload, manifest, () => _node.Lead == lead, cancellationToken))
        {
            return false;
        }

        _metrics.CopyMade();
        Log.Copied(_logger, name.ContentKey, payload.LengthBytes);
        return true;
    }

    /// <summary>
    /// Those of earlier incarnations stay until the restore is confirmed: it may have to be done again, from another one. Unfinished ones go
    /// when a newer one is whole.
    /// </summary>
    private async Task<CopyListing> PruneAsync(string clusterId, long incarnation, bool isHeld, CancellationToken cancellationToken)
    {
        var listing = await _store!.ListAsync(clusterId, cancellationToken);
        var mayGo = listing.Whole.Where(name => !isHeld || name.Incarnation == incarnation).Skip(_options.SnapshotCopiesKept);
        var unfinished = listing.Unfinished.Where(name => listing.Whole.Count > 0 && name.CompareTo(listing.Whole[0]) < 0);
        var going = mayGo.Concat(unfinished).ToList();
        if (going.Count == 0)
        {
            return listing;
        }

        if (!await _store.DeleteAsync(going, cancellationToken))
        {
            _metrics.CopyFailed();
            Log.NotDeleted(_logger);
        }

        return await _store.ListAsync(clusterId, cancellationToken);
    }

    private async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        if (_node.Read(state => state.Containers.IsCollectionHeld && state.Containers.Incarnation <= _options.ConfirmedIncarnation))
        {
            await _node.ProposeAsync<ConfirmRestore>(
                new Command { ConfirmRestore = new ConfirmRestore { Incarnation = _options.ConfirmedIncarnation } }, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2200, LogLevel.Information, "The state was copied to the object store: {Key}, {Bytes} bytes.")]
        public static partial void Copied(ILogger logger, string key, long bytes);

        [LoggerMessage(2201, LogLevel.Warning, "The state was not copied to the object store, it is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(2202, LogLevel.Warning, "Old copies of the state could not be deleted, it is tried again.")]
        public static partial void NotDeleted(ILogger logger);
    }
}
