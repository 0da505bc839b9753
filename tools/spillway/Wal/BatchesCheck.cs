using Spillway.Kafka.Records;
using Spillway.Storage.Wal;

namespace Spillway.Tool.Wal;

/// <summary>Holds a block's payload to its directory: every entry inside it, and whole batches with their checksums where it says.</summary>
internal static class BatchesCheck
{
    /// <summary>What is wrong; null where nothing is.</summary>
    public static string? FindProblem(IReadOnlyList<WalDirectoryEntry> directory, ReadOnlySpan<byte> payload)
    {
        long next = 0;
        foreach (var entry in directory)
        {
            if (entry.Position != next || entry.LengthBytes <= 0 || entry.Position + (long)entry.LengthBytes > payload.Length)
            {
                return $"the directory names bytes {entry.Position} to {entry.Position + (long)entry.LengthBytes}, where {next} to {payload.Length} are left";
            }

            next += entry.LengthBytes;
            if (FindProblem(payload.Slice(entry.Position, entry.LengthBytes)) is { } problem)
            {
                return $"log {entry.LogId.Value} at payload byte {entry.Position}: {problem}";
            }
        }

        return next == payload.Length ? null : $"the directory names {next} of {payload.Length} bytes";
    }

    private static string? FindProblem(ReadOnlySpan<byte> bytes)
    {
        var batches = new RecordBatchEnumerator(bytes);
        while (batches.MoveNext())
        {
            if (!RecordBatchBytes.CrcIsValid(batches.CurrentBytes))
            {
                return $"the batch at byte {batches.PositionBytes} of it has a wrong checksum";
            }
        }

        return batches.Error == RecordBatchError.None ? null : $"at byte {batches.EndBytes} of it there is no record batch ({batches.Error})";
    }
}
