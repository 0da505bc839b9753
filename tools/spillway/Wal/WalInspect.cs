using Spillway.Storage.Wal;
using Spillway.Tool.CommandLine;
using Spillway.Tool.Stores;

namespace Spillway.Tool.Wal;

/// <summary>
/// Shows one segment: header, blocks, directory, and where it is torn. What it finds was written, not necessarily acknowledged: only
/// metadata's index knows that, so a torn block is no damage by itself.
/// </summary>
internal sealed class WalInspect : IVerb
{
    private static readonly VerbOption Batches = new("--batches", null, "list the batches of each block");
    private static readonly VerbOption Verify = new("--verify", null, "check each batch's own checksum too");

    public string Name => "wal inspect";

    public string Operands => "PATH|s3://BUCKET/PREFIX/SEGMENT";

    public string Summary => "header, blocks and batches of one WAL segment, and where it is torn";

    public IReadOnlyList<VerbOption> Options { get; } = [Batches, Verify, VerbOption.S3Endpoint, VerbOption.S3Region];

    public async Task<int> RunAsync(Arguments arguments, Printer printer, CancellationToken cancellationToken)
    {
        var location = arguments.GetOperand(Operands);
        using var segment = await OpenAsync(location, arguments, cancellationToken);
        List<WalSegmentBlock> blocks = [];
        List<SegmentBlockReport> reports = [];
        await foreach (var block in segment.WalkAsync(cancellationToken))
        {
            blocks.Add(block);
            reports.Add(await ReportAsync(segment, block, arguments, cancellationToken));
        }

        var report = new SegmentReport
        {
            Location = location,
            SizeBytes = segment.SizeBytes,
            ClusterId = segment.Header.ClusterId,
            WriterId = segment.Header.WriterId,
            WriterEpoch = segment.Header.WriterEpoch,
            SegmentId = segment.Header.SegmentId,
            CreatedMs = segment.Header.CreatedMs,
            Blocks = reports,
            Gaps = segment.FindGaps(blocks),
        };
        printer.Print(report, SegmentText.Print);
        return report.Problems.Any() ? ExitCode.Leftovers : ExitCode.Sound;
    }

    private static async Task<ISegmentSource> OpenAsync(string location, Arguments arguments, CancellationToken cancellationToken)
    {
        if (StoreLocation.IsS3(location) || Directory.Exists(location))
        {
            var (store, path) = StoreLocation.OpenObject(Path.TrimEndingDirectorySeparator(location), arguments);
            return await ObjectSegment.OpenAsync(store, path, cancellationToken);
        }

        return new FileSegment(location);
    }

    private static async Task<SegmentBlockReport> ReportAsync(
        ISegmentSource segment, WalSegmentBlock block, Arguments arguments, CancellationToken cancellationToken)
    {
        var problem = block.IsPayloadIntact ? null : "the payload has a wrong checksum: the block was cut off, or changed since";
        List<SegmentBatchReport>? batches = null;
        if (arguments.Has(Batches) || arguments.Has(Verify))
        {
            var payload = await segment.ReadPayloadAsync(block, cancellationToken);
            problem ??= arguments.Has(Verify) ? BatchesCheck.FindProblem(block.Directory, payload.Span) : null;
            batches = arguments.Has(Batches) ? [.. block.Directory.Select(entry => SegmentBatchReport.Of(entry, Cut(payload, entry)))] : null;
        }

        return new SegmentBlockReport(
            block.Header.BlockSeq,
            block.Header.Position,
            block.Header.HeadBytes,
            block.Header.PayloadBytes,
            block.Directory.Count,
            problem,
            batches);
    }

    /// <summary>As much of an entry's bytes as there is: a payload may be cut off.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlyMemory<byte> payload, WalDirectoryEntry entry)
    {
        var start = Math.Clamp(entry.Position, 0, payload.Length);
        return payload.Span.Slice(start, Math.Clamp(entry.LengthBytes, 0, payload.Length - start));
    }
}
