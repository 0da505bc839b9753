using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Tool.CommandLine;
using Spillway.Tool.Stores;

namespace Spillway.Tool.Objects;

/// <summary>Shows one object: its footer, what of which log is in it, its data blocks, its records. Needs nothing but the object.</summary>
internal sealed class ObjectInspect : IVerb
{
    private static readonly VerbOption Blocks = new("--blocks", null, "list the data blocks");
    private static readonly VerbOption Records = new("--records", "N", "show the first N records");
    private static readonly VerbOption Log = new("--log", "ID", "of this log alone");
    private static readonly VerbOption Verify = new("--verify", null, "read every data block and check its bytes");

    public string Name => "object inspect";

    public string Operands => "PATH|s3://BUCKET/KEY";

    public string Summary => "footer, index, extents and data blocks of one object";

    public IReadOnlyList<VerbOption> Options { get; } = [Blocks, Records, Log, Verify, VerbOption.S3Endpoint, VerbOption.S3Region];

    public async Task<int> RunAsync(Arguments arguments, Printer printer, CancellationToken cancellationToken)
    {
        var location = arguments.GetOperand(Operands);
        var recordCountMax = arguments.FindCount(Records) ?? 0;
        var onlyLog = arguments.FindCount(Log);
        var (store, key) = StoreLocation.OpenObject(location, arguments);
        var reader = new ObjectReader(store, BufferPool.Shared);
        var index = await reader.ReadIndexAsync(key, cancellationToken);

        var report = new ObjectReport
        {
            Location = location,
            SizeBytes = index.Footer.IndexPosition + index.Footer.IndexLengthBytes + ObjectFormat.FooterBytes,
            Kind = index.Footer.Kind,
            ObjectId = index.Footer.ObjectId,
            Version = ObjectFormat.Version,
            IndexPosition = index.Footer.IndexPosition,
            IndexLengthBytes = index.Footer.IndexLengthBytes,
            DataBlockCount = index.Footer.DataBlockCount,
            Extents = ExtentReport.Gather(index),
            Undecoded = [],
            Problems = [],
        };
        report = await ReadBlocksAsync(report, index, store, key, arguments, recordCountMax, onlyLog, cancellationToken);
        printer.Print(report, ObjectText.Print);
        return report.Problems.Count == 0 ? ExitCode.Sound : ExitCode.Damaged;
    }

    private static async Task<ObjectReport> ReadBlocksAsync(
        ObjectReport report,
        ObjectIndex index,
        IObjectStore store,
        string key,
        Arguments arguments,
        long recordCountMax,
        long? onlyLog,
        CancellationToken cancellationToken)
    {
        var verifies = arguments.Has(Verify);
        List<BlockReport> blocks = [];
        List<RecordReport> records = [];
        List<string> undecoded = [];
        List<string> problems = [];
        var readCount = 0;
        foreach (var block in index.Entries.ToArray())
        {
            var isShown = onlyLog is null || onlyLog == block.LogId.Value;
            var wantsRecords = isShown && records.Count < recordCountMax;
            string? problem = null;
            if (verifies || wantsRecords)
            {
                readCount++;
                using var buffer = BufferPool.Shared.Rent((int)block.SizeBytes);
                await store.ReadRangeAsync(key, block.Position, buffer.Memory, cancellationToken);
                problem = DataBlockCheck.FindProblem(buffer.Span, block);
                if (problem is null && wantsRecords && TakeRecords(block, buffer.Span, recordCountMax, records) is { } reason)
                {
                    undecoded.Add(reason);
                }
            }

            if (problem is not null)
            {
                problems.Add($"data block of log {block.LogId.Value} at {block.Position}: {problem}");
            }

            if (isShown && arguments.Has(Blocks))
            {
                blocks.Add(BlockReport.Of(block, problem));
            }
        }

        return report with
        {
            Blocks = arguments.Has(Blocks) ? blocks : null,
            Records = recordCountMax > 0 ? records : null,
            VerifiedBlockCount = readCount,
            Undecoded = undecoded,
            Problems = problems,
        };
    }

    private static string? TakeRecords(DataBlockEntry block, ReadOnlySpan<byte> bytes, long countMax, List<RecordReport> records)
    {
        try
        {
            RecordReport.Take(block.LogId.Value, bytes, countMax, records);
            return null;
        }
        catch (CorruptRecordException e)
        {
            return e.Message;
        }
    }
}
