namespace Spillway.S3Compactor.Draining;

/// <summary>Where writers are. What crosses a zone is billed by the byte, and dearer than a read of the volume.</summary>
internal interface IWriterZones
{
    /// <summary>Whether a writer lives, and in this compactor's zone.</summary>
    ValueTask<bool> IsHereAsync(int writerId, CancellationToken cancellationToken);
}
