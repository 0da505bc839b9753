using Spillway.Metadata.Snapshots;
using Spillway.Storage.Objects;

namespace Spillway.Metadata.Restoring;

/// <summary>What the log of a node begins with that restores a lost cluster. The log's thread asks for it, once, and waits.</summary>
internal sealed partial class FirstState(
    MetadataOptions options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<FirstState> logger, IObjectStore? store = null)
{
    /// <summary>Restores, and writes the restored state as a snapshot.</summary>
    /// <exception cref="RestoreFailedException">It cannot be.</exception>
    public void Write(Stream destination)
    {
        if (store is null)
        {
            throw new RestoreFailedException(
                "Spillway:Metadata:RestoreFrom needs Spillway:ObjectStore: that is where the copies of the lost cluster are.");
        }

        var snapshots = store.For(RequestCause.Snapshot);
        var survivors = new SurvivingSegments([.. options.RestoreVolumes.Select(static volume => volume.ToVolume())], snapshots);
        var restore = new ClusterRestore(snapshots, survivors, time);
        var state = restore.RunAsync(Guid.Parse(options.RestoreFrom).ToString("n"), lifetime.ApplicationStopping).GetAwaiter().GetResult();
        foreach (var line in restore.Report.Lines)
        {
            Log.Restored(logger, line);
        }

        SnapshotWriter.Write(state, destination);
    }

    private static partial class Log
    {
        [LoggerMessage(2210, LogLevel.Warning, "Restore: {Line}")]
        public static partial void Restored(ILogger logger, string line);
    }
}
