using Spillway.Storage.Wal;

namespace Spillway.Tool.Wal;

/// <summary>A segment as either backend has it.</summary>
internal interface ISegmentSource : IDisposable
{
    WalSegmentHeader Header { get; }

    long SizeBytes { get; }

    /// <summary>The blocks whose header and directory are intact, in order of position.</summary>
    IAsyncEnumerable<WalSegmentBlock> WalkAsync(CancellationToken cancellationToken);

    /// <summary>The payload of one of them.</summary>
    Task<ReadOnlyMemory<byte>> ReadPayloadAsync(WalSegmentBlock block, CancellationToken cancellationToken);

    /// <summary>What lies between them.</summary>
    IReadOnlyList<SegmentGap> FindGaps(IReadOnlyList<WalSegmentBlock> blocks);
}
