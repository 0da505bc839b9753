using System.Text;
using Spillway.Kafka.Records;

namespace Spillway.Tool.Objects;

/// <summary>One record; of key and value the length (−1: null) and how they begin.</summary>
internal sealed record RecordReport(
    long LogId, long Offset, long Timestamp, int KeyBytes, string? Key, int ValueBytes, string? Value, bool IsControl)
{
    private const int PreviewBytesMax = 48;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Adds a data block's records up to a count. The bytes were found sound.</summary>
    public static void Take(long logId, ReadOnlySpan<byte> block, long countMax, List<RecordReport> records)
    {
        var batches = new RecordBatchEnumerator(block);
        while (records.Count < countMax && batches.MoveNext())
        {
            using var opened = OpenedRecordBatch.Open(batches.CurrentBytes);
            var reader = opened.Records;
            while (records.Count < countMax && reader.TryRead(out var record))
            {
                records.Add(Of(logId, record, batches.Current.IsControl));
            }

            reader.ThrowIfCorrupt();
        }
    }

    private static RecordReport Of(long logId, in Record record, bool isControl) => new(
        logId,
        record.Offset,
        record.Timestamp,
        record.HasKey ? record.Key.Length : -1,
        record.HasKey ? Preview(record.Key) : null,
        record.HasValue ? record.Value.Length : -1,
        record.HasValue ? Preview(record.Value) : null,
        isControl);

    /// <summary>Text where it is printable, else hexadecimal.</summary>
    private static string Preview(ReadOnlySpan<byte> bytes)
    {
        var shown = bytes[..Math.Min(bytes.Length, PreviewBytesMax)];
        var more = shown.Length < bytes.Length ? "…" : "";
        try
        {
            var text = Strict.GetString(shown);
            if (!text.Any(char.IsControl))
            {
                return text + more;
            }
        }
        catch (DecoderFallbackException)
        {
            // Not text, or cut within a character.
        }

        return "0x" + Convert.ToHexStringLower(shown) + more;
    }
}
