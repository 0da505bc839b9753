using Spillway.Kafka;
using static Spillway.Storage.Objects.Format.ObjectFormat;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// The verified index of one object: which data block holds which offsets of which log. Immutable.
/// </summary>
public sealed class ObjectIndex
{
    private readonly DataBlockEntry[] _entries;

    private ObjectIndex(ObjectFooter footer, DataBlockEntry[] entries)
    {
        Footer = footer;
        _entries = entries;
    }

    /// <summary>The footer that led to it.</summary>
    public ObjectFooter Footer { get; }

    /// <summary>All data blocks, by log and offset.</summary>
    public ReadOnlySpan<DataBlockEntry> Entries => _entries;

    /// <summary>Memory that it takes, for a cache's bound.</summary>
    public long SizeBytes => ((long)_entries.Length * IndexEntryBytes) + 128;

    /// <summary>Reads an index block and checks everything that a search or a read relies on.</summary>
    /// <exception cref="ObjectCorruptException">The checksum is wrong, blocks overlap, or are out of order or bounds.</exception>
    public static ObjectIndex Read(string key, ReadOnlySpan<byte> bytes, ObjectFooter footer)
    {
        if (bytes.Length != footer.IndexLengthBytes || Kafka.Records.Crc32C.Compute(bytes) != footer.IndexCrc32C)
        {
            throw ObjectFooter.Corrupt(key, "its index has a wrong length or checksum");
        }

        var entries = new DataBlockEntry[footer.DataBlockCount];
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = DataBlockEntry.Read(bytes[(i * IndexEntryBytes)..]);
            if (!IsSound(entry, footer) || (i > 0 && !Follows(entries[i - 1], entry)))
            {
                throw ObjectFooter.Corrupt(key, $"entry {i} of its index is impossible");
            }

            entries[i] = entry;
        }

        return new ObjectIndex(footer, entries);
    }

    /// <summary>
    /// The place in <see cref="Entries"/> of the first data block of a log that reaches an offset (it may begin above it, where log
    /// compaction left a gap); −1 where there is none.
    /// </summary>
    public int FindBlock(LogId logId, long offset)
    {
        var low = 0;
        var high = _entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            ref readonly var entry = ref _entries[middle];
            if (entry.LogId.Value < logId.Value || (entry.LogId == logId && entry.LastOffset < offset))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _entries.Length && _entries[low].LogId == logId ? low : -1;
    }

    private static bool IsSound(in DataBlockEntry entry, in ObjectFooter footer) =>
        entry.LogId.Value > 0
        && entry.BaseOffset >= 0
        && entry.LastOffset >= entry.BaseOffset
        && entry.Position >= 0
        && entry.SizeBytes > 0
        && entry.SizeBytes <= Array.MaxLength
        && entry.Position <= footer.IndexPosition - entry.SizeBytes
        && entry.RecordCount >= 0;

    private static bool Follows(in DataBlockEntry previous, in DataBlockEntry entry) =>
        entry.Position >= previous.Position + previous.SizeBytes
        && (entry.LogId.Value > previous.LogId.Value
            || (entry.LogId == previous.LogId && entry.BaseOffset > previous.LastOffset));
}
