using System.Runtime.CompilerServices;
using System.Text;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;

namespace Spillway.Kafka.Tests.Records;

/// <summary>Bytes that real clients produced, kept as hex; see the first line of each file for where they come from.</summary>
internal static class GoldenBatches
{
    public static readonly (string Name, CompressionType Codec)[] All =
    [
        ("kafkajs-none", CompressionType.None),
        ("kafkajs-gzip", CompressionType.Gzip),
        ("python-kafka-none", CompressionType.None),
        ("python-kafka-gzip", CompressionType.Gzip),
        ("python-kafka-snappy", CompressionType.Snappy),
        ("python-kafka-lz4", CompressionType.Lz4),
        ("python-kafka-zstd", CompressionType.Zstd),
        ("librdkafka-none", CompressionType.None),
        ("librdkafka-gzip", CompressionType.Gzip),
        ("librdkafka-snappy", CompressionType.Snappy),
        ("librdkafka-lz4", CompressionType.Lz4),
        ("librdkafka-lz4-idempotent", CompressionType.Lz4),
        ("librdkafka-zstd", CompressionType.Zstd),
    ];

    public static byte[] Read(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder(), $"records-{name}.hex"));
        return Convert.FromHexString(string.Concat(lines.Where(line => !line.StartsWith('#'))));
    }

    /// <summary>The records as text: what a test compares.</summary>
    public static List<string> Describe(ReadOnlySpan<byte> batch)
    {
        using var opened = OpenedRecordBatch.Open(batch);
        var lines = new List<string>();
        var records = opened.Records;
        while (records.TryRead(out var record))
        {
            var line = new StringBuilder()
                .Append(record.Offset).Append(' ').Append(record.Timestamp).Append(' ')
                .Append(record.HasKey ? Encoding.UTF8.GetString(record.Key) : "∅").Append('=')
                .Append(record.HasValue ? Encoding.UTF8.GetString(record.Value) : "∅");
            foreach (var header in record.Headers.ToArray())
            {
                line.Append(' ').Append(header.Key).Append(':')
                    .Append(header.Value is null ? "∅" : Convert.ToHexString(header.Value));
            }

            lines.Add(line.ToString());
        }

        records.ThrowIfCorrupt();
        return lines;
    }

    private static string Folder([CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "Golden");
}
