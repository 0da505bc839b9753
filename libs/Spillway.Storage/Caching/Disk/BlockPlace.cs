namespace Spillway.Storage.Caching.Disk;

/// <summary>Where a block lies in a <see cref="BlockRing"/>; <paramref name="Round"/> tells from another that lay there before.</summary>
internal readonly record struct BlockPlace(long Position, int LengthBytes, long Round);
