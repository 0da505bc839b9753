namespace Spillway.S3Compactor.Draining;

/// <summary>Writers and compactor are one process: no writer is anywhere else.</summary>
internal sealed class OneProcess : IWriterZones
{
    public ValueTask<bool> IsHereAsync(int writerId, CancellationToken cancellationToken) => new(true);
}
