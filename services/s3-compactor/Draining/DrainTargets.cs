using Spillway.Kafka.Buffers;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Objects;

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
}
