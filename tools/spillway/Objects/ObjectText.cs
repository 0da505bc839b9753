using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Objects;

/// <summary>An <see cref="ObjectReport"/> for people.</summary>
internal static class ObjectText
{
    public static void Print(ObjectReport report, TextWriter output)
    {
        output.WriteLine($"object   {report.Location}");
        output.WriteLine($"size     {Words.Of(report.SizeBytes)} bytes ({Words.Bytes(report.SizeBytes)})");
        output.WriteLine($"footer   version {report.Version}, {report.Kind.ToString().ToLowerInvariant()}, object id {Words.Of(report.ObjectId)}");
        output.WriteLine($"index    {Words.Count(report.DataBlockCount, "data block")}, {Words.Of(report.IndexLengthBytes)} bytes at {Words.Of(report.IndexPosition)}");
        output.WriteLine();
        PrintExtents(report.Extents, output);
        if (report.Blocks is { } blocks)
        {
            output.WriteLine();
            PrintBlocks(blocks, output);
        }

        if (report.Records is { } records)
        {
            output.WriteLine();
            PrintRecords(records, output);
        }

        output.WriteLine();
        foreach (var reason in report.Undecoded)
        {
            output.WriteLine($"note     {reason}");
        }

        foreach (var problem in report.Problems)
        {
            output.WriteLine($"DAMAGED  {problem}");
        }

        output.WriteLine(report.Problems.Count > 0
            ? $"{Words.Count(report.Problems.Count, "problem")}; {Words.Count(report.VerifiedBlockCount, "data block")} of {report.DataBlockCount} checked"
            : report.VerifiedBlockCount == 0 ? "footer and index are sound; data blocks were not read"
            : $"sound: footer, index and {Words.Count(report.VerifiedBlockCount, "data block")} of {report.DataBlockCount}");
    }

    private static void PrintExtents(IReadOnlyList<ExtentReport> extents, TextWriter output)
    {
        var columns = new Columns("log", "offsets", "records", "blocks", "position", "bytes", "max timestamp");
        foreach (var extent in extents)
        {
            columns.Add(
                Words.Of(extent.LogId),
                $"{Words.Of(extent.BaseOffset)}..{Words.Of(extent.LastOffset)}",
                Words.Of(extent.RecordCount),
                Words.Of(extent.BlockCount),
                Words.Of(extent.Position),
                Words.Of(extent.LengthBytes),
                Words.Time(extent.MaxTimestamp));
        }

        columns.WriteTo(output);
    }

    private static void PrintBlocks(IReadOnlyList<BlockReport> blocks, TextWriter output)
    {
        var columns = new Columns("block of log", "offsets", "records", "position", "bytes", "max timestamp", "crc32c", "");
        foreach (var block in blocks)
        {
            columns.Add(
                Words.Of(block.LogId),
                $"{Words.Of(block.BaseOffset)}..{Words.Of(block.LastOffset)}",
                Words.Of(block.RecordCount),
                Words.Of(block.Position),
                Words.Of(block.SizeBytes),
                Words.Time(block.MaxTimestamp),
                block.Crc32C,
                block.Problem is null ? "" : "DAMAGED");
        }

        columns.WriteTo(output);
    }

    private static void PrintRecords(IReadOnlyList<RecordReport> records, TextWriter output)
    {
        var columns = new Columns("record of log", "offset", "timestamp", "key", "value");
        foreach (var record in records)
        {
            columns.Add(
                Words.Of(record.LogId),
                Words.Of(record.Offset),
                Words.Time(record.Timestamp),
                record.Key ?? "(null)",
                record.IsControl ? $"(control) {record.Value}" : record.Value is null ? "(null)" : $"{record.Value} ({Words.Of(record.ValueBytes)} B)");
        }

        columns.WriteTo(output);
    }
}
