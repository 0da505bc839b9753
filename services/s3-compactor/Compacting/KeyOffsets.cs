using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Spillway.S3Compactor.Compacting;

/// <summary>
/// Key → offset of its last record, for as many keys as fit in some memory. Keys are kept as 16 bytes of their SHA-256: Kafka keeps their MD5
/// (log.cleaner.hash.algorithm), for which anybody who produces could make two keys that are taken for one. One owner.
/// </summary>
/// <param name="bytesMax">Memory for it, in bytes.</param>
internal sealed class KeyOffsets(long bytesMax)
{
    /// <summary>A key's share of a hash table that is growing: the old table and the one twice its size.</summary>
    private const int BytesPerKey = 112;

    private readonly Dictionary<UInt128, long> _offsets = [];

    public long CountMax { get; } = Math.Max(1, bytesMax / BytesPerKey);

    public int Count => _offsets.Count;

    /// <summary>A record of the key; of several the last counts, in whatever order they come.</summary>
    public void Set(UInt128 key, long offset)
    {
        ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(_offsets, key, out var isKnown);
        last = isKnown ? Math.Max(last, offset) : offset;
    }

    /// <summary>Whether a record of that key behind the offset is known.</summary>
    public bool HasLater(ReadOnlySpan<byte> key, long offset) => _offsets.TryGetValue(Hash(key), out var last) && last > offset;

    public static UInt128 Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
