namespace Spillway.Storage.Wal;

/// <summary>What a volume is made of.</summary>
public enum WalVolumeKind
{
    /// <summary>A mounted folder that every process reaches: a shared file system, or a local folder where there is one process.</summary>
    File,

    /// <summary>
    /// A prefix of keys in the object store: a block is one object. For where there is no shared file system and a quarter of a second
    /// is fast enough.
    /// </summary>
    S3,
}
