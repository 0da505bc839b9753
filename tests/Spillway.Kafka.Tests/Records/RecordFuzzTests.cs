using System.Buffers.Binary;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

/// <summary>
/// Mutated batches of real clients, their checksum made right again so that the bytes get past it. Whatever they say, the
/// answer is a typed error or records, never an exception, and memory stays within the limit given.
/// </summary>
public sealed class RecordFuzzTests(ITestOutputHelper output)
{
    private const int DecompressedBytesMax = 1 << 20;

    public static TheoryData<string, CompressionType> Batches => GoldenBatchTests.Batches;

    [Theory]
    [MemberData(nameof(Batches))]
    public void Mutated_batches_yield_only_typed_errors_and_bounded_memory(string name, CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var golden = GoldenBatches.Read(name);
        var rules = new RecordBatchRules
        {
            RecordChecks = RecordChecks.All,
            KeyRequired = true,
            DecompressedBytesMax = DecompressedBytesMax,
        };

        var refused = 0;
        for (var round = 0; round < 3000; round++)
        {
            var batch = Mutate(golden, random);
            var before = GC.GetAllocatedBytesForCurrentThread();

            refused += RecordBatchValidator.Validate(batch, rules, 1_700_000_000_000, out _) != RecordBatchError.None ? 1 : 0;
            ReadAll(batch);
            _ = TimestampLookup.Find(batch, 1, 0, out _);
            _ = ControlBatch.TryRead(batch, out _);

            var allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocatedBytes < 16 * DecompressedBytesMax, $"seed {seed} round {round}: {allocatedBytes} bytes");
        }

        Assert.InRange(refused, 1, 3000);
        Assert.True(BufferPool.Shared.RentedBytes >= 0);
    }

    private static void ReadAll(byte[] batch)
    {
        if (OpenedRecordBatch.TryOpen(batch, out var opened, DecompressedBytesMax) != RecordBatchError.None)
        {
            return;
        }

        using (opened)
        {
            var records = opened.Records;
            var count = 0;
            while (records.TryRead(out var record))
            {
                count += record.Headers.ToArray().Length >= 0 ? 1 : 0;
            }

            Assert.True(records.Error != RecordBatchError.None || count == opened.Header.RecordCount);
        }
    }

    private static byte[] Mutate(byte[] golden, Random random)
    {
        var batch = golden.ToArray();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var position = random.Next(random.Next(4) == 0 ? 0 : RecordBatchLayout.CrcPosition, batch.Length);
            batch[position] = random.Next(4) switch
            {
                0 => (byte)random.Next(256),
                1 => 0xFF,
                2 => 0x7F,
                _ => (byte)(batch[position] ^ (1 << random.Next(8))),
            };
        }

        if (random.Next(4) == 0)
        {
            batch = batch[..random.Next(RecordBatchLayout.HeaderBytes, batch.Length + 1)];
        }

        if (random.Next(8) != 0)
        {
            batch[RecordBatchLayout.MagicPosition] = 2;
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatchLayout.BatchLengthPosition), batch.Length - 12);
            RecordBatchBytes.SetCrc(batch);
        }

        return batch;
    }
}
