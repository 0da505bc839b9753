using Spillway.Storage.Objects;

namespace Spillway.Storage.Wal.S3;

/// <summary>What volumes in an object store share.</summary>
/// <param name="Store">The store; not disposed with the volumes.</param>
/// <param name="Settings">How blocks are put.</param>
/// <param name="Time">The clock.</param>
public readonly record struct S3Volume(IObjectStore Store, S3WalSettings Settings, TimeProvider Time);
