using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Draining;

/// <summary>Where a job that writes objects puts things: bytes into the store, names into metadata, both within a time.</summary>
internal sealed record DrainTargets(IObjectStore Store, JobMetadataClient Metadata, BufferPool Buffers, TimeProvider Time)
{
    /// <summary>
    /// Stores a prepared object in the time that it has left: past that it is garbage, and a put that arrived after its deletion would be known
    /// to nobody.
    /// </summary>
    /// <exception cref="ObjectStoreException">It is not stored, or not known to be.</exception>
    public async Task PutAsync(
        RequestCause cause, string key, ObjectPayload payload, TimeSpan timeLeft, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(timeLeft > TimeSpan.Zero ? timeLeft : TimeSpan.Zero, Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await Store.For(cause).PutAsync(key, payload, PutMode.CreateNew, linked.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectStoreUnavailableException(key, $"Object '{key}' was not stored in the time it had.", e);
        }
    }

    /// <summary>
    /// Has the index name a stored object for what was written to it, each range on its own. The result is how many of its bytes are read from
    /// it from now on; none where its time to be committed was over. A refused range was rewritten, trimmed or deleted by somebody else meanwhile:
    /// its bytes are dead, and nothing is owed.
    /// </summary>
    /// <param name="jobId">The job that prepared it.</param>
    /// <param name="objectId">The object.</param>
    /// <param name="writer">What wrote it.</param>
    /// <param name="sizeBytes">Bytes of the whole object.</param>
    /// <param name="versions">The rewrite version that the job was given of each log.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<long?> CommitAsync(
        long jobId,
        long objectId,
        ObjectWriter writer,
        long sizeBytes,
        IReadOnlyDictionary<LogId, long> versions,
        CancellationToken cancellationToken)
    {
        var request = new CommitObjectRequest { ObjectId = objectId, JobId = jobId, SizeBytes = sizeBytes };
        request.Ranges.AddRange(writer.Extents.Select(extent => new ObjectRange
        {
            LogId = extent.LogId.Value,
            BaseOffset = extent.BaseOffset,
            LastOffset = extent.LastOffset,
            MaxTimestamp = extent.MaxTimestamp,
            Position = extent.Position,
            Length = extent.LengthBytes,
            RewriteVersion = versions[extent.LogId],
        }));
        var reply = await Metadata.CommitAsync(request, cancellationToken);
        return reply.Expired
            ? null
            : writer.Extents.Zip(reply.Accepted).Where(static r => r.Second).Sum(static r => r.First.LengthBytes);
    }
}
