using System.Numerics;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Spillway.Kafka.Records;

namespace Spillway.Benchmarks;

/// <summary>Our folding CRC-32C against the runtime's instruction-by-instruction one. Divide the length by the time for GB/s.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class Crc32CBenchmarks
{
    private byte[] _bytes = [];

    /// <summary>Around where folding begins, wide (512) and narrow (2048); 64 KiB and 1 MiB are batches.</summary>
    [Params(64, 256, 512, 2048, 4096, 65536, 1 << 20)]
    public int LengthBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _bytes = new byte[LengthBytes];
        new Random(1).NextBytes(_bytes);
    }

    [Benchmark(Baseline = true)]
    public uint BitOperationsCrc32C()
    {
        var crc = ~0u;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(_bytes))
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        return ~crc;
    }

    [Benchmark]
    public uint Folding() => Crc32C.Compute(_bytes);
}
