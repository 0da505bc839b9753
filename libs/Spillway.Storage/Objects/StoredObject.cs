namespace Spillway.Storage.Objects;

/// <summary>An object as a store describes it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="LastModified">When it was stored, by the store's clock.</param>
/// <param name="Crc32C">The checksum it was stored with; null where the store does not tell.</param>
public sealed record StoredObject(string Key, long SizeBytes, DateTimeOffset LastModified, uint? Crc32C);
