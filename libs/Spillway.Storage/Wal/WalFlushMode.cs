namespace Spillway.Storage.Wal;

/// <summary>How a written block is made durable. Which is faster depends on the volume; measure on the real one.</summary>
public enum WalFlushMode
{
    /// <summary>Write, then <c>fdatasync</c>: on NFS a WRITE followed by a COMMIT.</summary>
    FdataSync,

    /// <summary>The file is opened with <c>O_DSYNC</c>: on NFS a stable WRITE.</summary>
    Dsync,
}
