using Spillway.Storage.Objects.Format;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Objects;

/// <summary>One data block.</summary>
/// <param name="Problem">What is wrong with its bytes; null where nothing is, or they were not read.</param>
internal sealed record BlockReport(
    long LogId,
    long BaseOffset,
    long LastOffset,
    long RecordCount,
    long Position,
    long SizeBytes,
    long MaxTimestamp,
    string Crc32C,
    string? Problem)
{
    public static BlockReport Of(DataBlockEntry block, string? problem) => new(
        block.LogId.Value,
        block.BaseOffset,
        block.LastOffset,
        block.RecordCount,
        block.Position,
        block.SizeBytes,
        block.MaxTimestamp,
        Words.Hex(block.Crc32C),
        problem);
}
