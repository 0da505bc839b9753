namespace Spillway.Storage.Objects.Format;

/// <summary>
/// Sizes and limits of the object format; docs/formats/object.md has every field.
/// <code>
/// object     = *data-block index-block footer
/// data-block = 1*record-batch            ; consecutive batches of one log, base offsets in place
/// index-block = *index-entry             ; 64 bytes each, by log and offset
/// </code>
/// Numbers of ours are little-endian; record batches are Kafka's own bytes.
/// </summary>
public static class ObjectFormat
{
    /// <summary>
    /// A data block is closed once it has this many bytes. It is what a cold read fetches and verifies at least: large enough that
    /// a request's price and latency do not show, small enough for a cache.
    /// </summary>
    public const int DataBlockBytesTarget = 512 << 10;

    /// <summary>Bytes of an index entry.</summary>
    public const int IndexEntryBytes = 64;

    /// <summary>Bytes of the footer.</summary>
    public const int FooterBytes = 64;

    /// <summary>The version that is written; older ones stay readable.</summary>
    public const ushort Version = 1;

    /// <summary>
    /// Bytes read from an object's end to open it: footer and index of about a thousand data blocks, 512 MiB, in one request.
    /// </summary>
    public const int TailBytes = 64 << 10;

    /// <summary>An index of more bytes than this is not believed: 16 million data blocks are terabytes.</summary>
    internal const long IndexBytesMax = 1L << 30;

    /// <summary>"SPILLOBJ" as a little-endian number.</summary>
    internal const ulong FooterMagic = 0x4A42_4F4C_4C49_5053;
}
