namespace Spillway.Storage.Objects;

/// <summary>Where objects are kept.</summary>
public enum ObjectStoreKind
{
    /// <summary>A folder of this machine or a mounted one.</summary>
    Folder,

    /// <summary>S3, or any store that speaks its protocol.</summary>
    S3,
}
