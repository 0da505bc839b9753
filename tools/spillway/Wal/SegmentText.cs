using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Wal;

/// <summary>A <see cref="SegmentReport"/> for people.</summary>
internal static class SegmentText
{
    public static void Print(SegmentReport report, TextWriter output)
    {
        output.WriteLine($"segment  {report.Location}");
        output.WriteLine($"size     {Words.Of(report.SizeBytes)} bytes ({Words.Bytes(report.SizeBytes)})");
        output.WriteLine($"header   segment {Words.Of(report.SegmentId)}, writer {Words.Of(report.WriterId)}, writer epoch {Words.Of(report.WriterEpoch)}");
        output.WriteLine($"created  {Words.Time(report.CreatedMs)}");
        output.WriteLine($"cluster  {report.ClusterId}");
        output.WriteLine();
        PrintBlocks(report, output);
        PrintBatches(report, output);
        output.WriteLine();
        foreach (var gap in report.Gaps)
        {
            output.WriteLine($"{(gap.Problem is null ? "zeros" : "TORN"),-8} {Words.Of(gap.LengthBytes)} bytes at {Words.Of(gap.Position)}{(gap.Problem is null ? "" : $": {gap.Problem}")}");
        }

        foreach (var block in report.Blocks.Where(b => b.Problem is not null))
        {
            output.WriteLine($"TORN     block {Words.Of(block.BlockSeq)} at {Words.Of(block.Position)}: {block.Problem}");
        }

        var problemCount = report.Problems.Count();
        output.WriteLine(problemCount == 0
            ? $"{Words.Count(report.Blocks.Count, "block")}, all intact"
            : $"{Words.Count(report.Blocks.Count, "block")}, torn at {Words.Count(problemCount, "place")}; only the index knows whether that was acknowledged");
    }

    private static void PrintBlocks(SegmentReport report, TextWriter output)
    {
        var columns = new Columns("block", "position", "head", "payload", "batches", "");
        foreach (var block in report.Blocks)
        {
            columns.Add(
                Words.Of(block.BlockSeq),
                Words.Of(block.Position),
                Words.Of(block.HeadBytes),
                Words.Of(block.PayloadBytes),
                Words.Of(block.BatchCount),
                block.Problem is null ? "" : "TORN");
        }

        columns.WriteTo(output);
    }

    private static void PrintBatches(SegmentReport report, TextWriter output)
    {
        if (!report.Blocks.Any(b => b.Batches is not null))
        {
            return;
        }

        output.WriteLine();
        var columns = new Columns("batch of block", "log", "at", "bytes", "records", "producer", "sequence", "max timestamp");
        foreach (var (block, batch) in report.Blocks.SelectMany(b => (b.Batches ?? []).Select(batch => (b, batch))))
        {
            columns.Add(
                Words.Of(block.BlockSeq),
                Words.Of(batch.LogId),
                Words.Of(batch.Position),
                Words.Of(batch.LengthBytes),
                Words.Of(batch.RecordCount),
                batch.ProducerId < 0 ? "-" : $"{Words.Of(batch.ProducerId)}/{Words.Of(batch.ProducerEpoch)}",
                batch.BaseSequence < 0 ? "-" : Words.Of(batch.BaseSequence),
                Words.Time(batch.MaxTimestamp));
        }

        columns.WriteTo(output);
    }
}
