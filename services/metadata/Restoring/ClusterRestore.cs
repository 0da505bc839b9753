using Spillway.Metadata.Log;
using Spillway.Metadata.Snapshots;
using Spillway.Storage.Copies;
using Spillway.Storage.Objects;

namespace Spillway.Metadata.Restoring;

/// <summary>
/// Makes the state that a new log begins with out of what a lost cluster left in the object store: its newest whole copy and, as far as they
/// fit, the objects that were stored after it. Nothing of the lost cluster is changed; an attempt that does not come to its end costs an
/// incarnation and nothing else (docs/operations.md).
/// </summary>
internal sealed class ClusterRestore(IObjectStore store, SurvivingSegments survivors, TimeProvider time)
{
    private readonly SnapshotCopyStore _copies = new(store);
    private readonly RestoreReport _report = new();

    /// <summary>What was done; complete once <see cref="RunAsync"/> has returned.</summary>
    public RestoreReport Report => _report;

    /// <summary>Restores the cluster of that id, 32 hexadecimal digits.</summary>
    /// <exception cref="RestoreFailedException">There is no copy that is whole, or the store refuses.</exception>
    public async Task<MetadataState> RunAsync(string clusterId, CancellationToken cancellationToken)
    {
        try
        {
            var listing = await _copies.ListAsync(clusterId, cancellationToken);
            var state = await ReadNewestAsync(listing, clusterId, cancellationToken);
            var copyIncarnation = state.Containers.Incarnation;
            var incarnation = listing.LastIncarnation + 1;
            await ClaimAsync(clusterId, incarnation, cancellationToken);
            await RestoreAsync(state, incarnation - copyIncarnation, cancellationToken);
            await store.PutAsync(
                SnapshotCopyName.ReportOf(clusterId, incarnation), new ObjectPayload(_report.ToBytes()), PutMode.CreateNew, cancellationToken);
            return state;
        }
        catch (ObjectStoreException e)
        {
            throw new RestoreFailedException($"Cluster {clusterId} is not restored, the object store fails: {e.Message}", e);
        }
    }

    private async Task<MetadataState> ReadNewestAsync(CopyListing listing, string clusterId, CancellationToken cancellationToken)
    {
        foreach (var name in listing.Whole)
        {
            try
            {
                await using var snapshot = await _copies.ReadAsync(name, cancellationToken);
                var state = SnapshotReader.Read(snapshot);
                var copied = DateTimeOffset.FromUnixTimeMilliseconds(name.TimeMs);
                _report.Add($"Restored from {name.ContentKey}, the state of {copied:yyyy-MM-dd HH:mm:ss} UTC.");
                return state;
            }
            catch (Exception e) when (e is InvalidDataException or ObjectCorruptException or ObjectNotFoundException)
            {
                _report.Add($"The copy {name.ContentKey} is left out: {e.Message}.");
            }
        }

        throw new RestoreFailedException(
            $"Cluster {clusterId} is not restored: of its {listing.Whole.Count} copies in the object store none can be used. "
            + string.Join(' ', _report.Lines));
    }

    /// <summary>Of two restores at once one gets the incarnation; so the claim says what no other says.</summary>
    private async Task ClaimAsync(string clusterId, long incarnation, CancellationToken cancellationToken)
    {
        try
        {
            var claim = $"{Guid.NewGuid():n} {time.GetUtcNow():u}\n";
            await store.PutAsync(
                SnapshotCopyName.ClaimOf(clusterId, incarnation),
                new ObjectPayload(System.Text.Encoding.UTF8.GetBytes(claim)),
                PutMode.CreateNew,
                cancellationToken);
        }
        catch (ObjectExistsException e)
        {
            throw new RestoreFailedException($"Cluster {clusterId} is being restored by somebody else.", e);
        }
    }

    private async Task RestoreAsync(MetadataState state, long steps, CancellationToken cancellationToken)
    {
        var found = await new FoundObjects(store, _report).FindAsync(state, cancellationToken);
        NewIncarnation.Begin(state, steps, time.GetUtcNow().ToUnixTimeMilliseconds());
        await new RangeRestore(state, FoundObjects.ReaderOf(store), _report).TakeAllAsync(found.Runs, cancellationToken);
        NewIncarnation.CloseObjects(state, found.Objects);

        var lost = await survivors.FindLostAsync(state, cancellationToken);
        await new OffsetCovers(state, store, _report).PutAsync(lost, cancellationToken);
        NewIncarnation.ForgetSegments(state, lost);
        NewIncarnation.EndTransactions(state, _report);
        _report.Add($"What was committed after the copy and lies in no object is lost; nothing tells how much that is.");
        _report.Add($"Nothing is deleted until Spillway:Metadata:ConfirmedIncarnation is {state.Containers.Incarnation}.");
    }
}
