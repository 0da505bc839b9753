using Spillway.Storage.Objects.Format;

namespace Spillway.Tool.Objects;

/// <summary>What <see cref="ObjectInspect"/> found.</summary>
internal sealed record ObjectReport
{
    public required string Location { get; init; }

    public required long SizeBytes { get; init; }

    public required ObjectKind Kind { get; init; }

    public required long ObjectId { get; init; }

    public required int Version { get; init; }

    public required long IndexPosition { get; init; }

    public required long IndexLengthBytes { get; init; }

    public required int DataBlockCount { get; init; }

    public required IReadOnlyList<ExtentReport> Extents { get; init; }

    public IReadOnlyList<BlockReport>? Blocks { get; init; }

    public IReadOnlyList<RecordReport>? Records { get; init; }

    /// <summary>Batches whose records cannot be shown: the bytes are those that the client sent, and no broker decodes them.</summary>
    public required IReadOnlyList<string> Undecoded { get; init; }

    /// <summary>Data blocks whose bytes were read and checked.</summary>
    public int VerifiedBlockCount { get; init; }

    public required IReadOnlyList<string> Problems { get; init; }
}
