using System.Diagnostics;
using System.Text;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

/// <summary>What we build, read by another implementation: python-kafka (Debian: python3-kafka with lz4, snappy, zstandard).</summary>
public sealed class PythonKafkaInteropTests
{
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import sys
        from kafka.record.memory_records import MemoryRecords
        records = MemoryRecords(bytes.fromhex(sys.stdin.read()))
        batch = records.next_batch()
        while batch is not None:
            assert batch.validate_crc()
            print("batch", batch.base_offset, batch.last_offset_delta, batch.is_control_batch, batch.is_transactional)
            for r in batch:
                print(r.offset, r.timestamp, r.key, r.value if r.value is None or len(r.value) < 20 else len(r.value), r.headers)
            batch = records.next_batch()
        """;

    public static TheoryData<CompressionType> EveryCodec => new(Enum.GetValues<CompressionType>());

    [Theory]
    [MemberData(nameof(EveryCodec))]
    public async Task Python_reads_what_we_build(CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var builder = new RecordBatchBuilder { BaseOffset = 42, CompressionType = codec, IsTransactional = true };
        builder.Append(1000, "k"u8.ToArray(), "v"u8.ToArray(), new RecordHeader("h", [1, 2]), new RecordHeader("n", null));
        builder.Append(1001, null, new byte[300_000]);
        builder.Append(1002, [], null);
        var marker = ControlBatch.Build(new TransactionMarker { Type = ControlRecordType.Commit, Offset = 45, Timestamp = 9 });

        var lines = await ReadByPython([.. builder.Build(), .. marker, .. EmptyBatch.Build(46, 50)]);

        Assert.Equal(
            [
                "batch 42 2 False True",
                "42 1000 b'k' b'v' [('h', b'\\x01\\x02'), ('n', None)]",
                "43 1001 None 300000 []",
                "44 1002 b'' None []",
                "batch 45 0 True True",
                "45 9 b'\\x00\\x00\\x00\\x01' b'\\x00\\x00\\x00\\x00\\x00\\x00' []",
                "batch 46 4 False False",
            ],
            lines);
    }

    private static async Task<string[]> ReadByPython(byte[] batches)
    {
        if (!File.Exists(Python) || (await Run("import kafka.record, lz4, snappy, zstandard", "")).ExitCode != 0)
        {
            Assert.Skip("python3-kafka, python3-lz4, python3-snappy and python3-zstandard are not all installed.");
        }

        var (exitCode, output, error) = await Run(Script, Convert.ToHexString(batches));
        Assert.True(exitCode == 0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(string script, string input)
    {
        var start = new ProcessStartInfo(Python, ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
