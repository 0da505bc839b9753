using System.Globalization;
using System.Text;
using System.Text.Json;
using Spillway.Kafka.Records;

namespace Spillway.Storage.Copies;

/// <summary>
/// What is known of a copy without reading it: one line of JSON and, in a second line, the CRC-32C of the first in hexadecimal. It is stored
/// after the copy itself, so a copy without one is not whole (docs/formats/metadata-copies.md).
/// </summary>
/// <param name="FormatVersion">1.</param>
/// <param name="ContentBytes">Length of the snapshot.</param>
/// <param name="ContentCrc32C">Its checksum.</param>
/// <param name="Topics">How many topics it holds.</param>
/// <param name="Partitions">How many partitions.</param>
/// <param name="Objects">How many objects it names.</param>
public sealed record SnapshotManifest(
    int FormatVersion, long ContentBytes, uint ContentCrc32C, int Topics, int Partitions, int Objects)
{
    /// <summary>The version that is written.</summary>
    public const int Version = 1;

    /// <summary>As it is stored.</summary>
    public byte[] ToBytes()
    {
        var line = JsonSerializer.Serialize(this);
        return Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{line}\n{Crc32C.Compute(Encoding.UTF8.GetBytes(line)):x8}\n"));
    }

    /// <summary>Null with the reason where the bytes are not a whole manifest of a known version.</summary>
    public static SnapshotManifest? Read(ReadOnlySpan<byte> bytes, out string reason)
    {
        reason = "its manifest is damaged";
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0
            || !uint.TryParse(bytes[(end + 1)..].TrimEnd((byte)'\n'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
            || crc != Crc32C.Compute(bytes[..end]))
        {
            return null;
        }

        try
        {
            var manifest = JsonSerializer.Deserialize<SnapshotManifest>(bytes[..end]);
            if (manifest is { FormatVersion: Version })
            {
                return manifest;
            }

            reason = $"its manifest has version {manifest?.FormatVersion}, and this build knows {Version}";
        }
        catch (JsonException)
        {
            // Said above.
        }

        return null;
    }
}
