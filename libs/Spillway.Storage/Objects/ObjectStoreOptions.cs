namespace Spillway.Storage.Objects;

/// <summary>Which object store a process uses; the same values in frontends and compactors.</summary>
public sealed class ObjectStoreOptions
{
    /// <summary>The configuration section they are bound from.</summary>
    public const string Section = "Spillway:ObjectStore";

    /// <summary>The kind of store. Default: a folder, which needs nothing else to run.</summary>
    public ObjectStoreKind Kind { get; init; } = ObjectStoreKind.Folder;

    /// <summary>The folder of <see cref="ObjectStoreKind.Folder"/>. Default: <c>data/objects</c> under the working directory.</summary>
    public string Folder { get; init; } = "data/objects";

    /// <summary>
    /// Put before every key, with a slash between, so that clusters may share a bucket. Default: none.
    /// </summary>
    public string KeyPrefix { get; init; } = "";

    /// <summary>The values of <see cref="ObjectStoreKind.S3"/>.</summary>
    public S3StoreOptions S3 { get; init; } = new();
}
