using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Segments;

/// <summary>A WAL segment: one file, written by one writer in one of its epochs.</summary>
internal sealed class Segment(long id, int writerId, long writerEpoch, string volume, string path, string requestToken)
    : Container(id)
{
    public int WriterId { get; } = writerId;

    public long WriterEpoch { get; } = writerEpoch;

    public string Volume { get; } = volume;

    public string Path { get; } = path;

    public string RequestToken { get; } = requestToken;

    public bool Sealed { get; set; }

    public long SealedAtMs { get; set; }

    /// <summary>Not offered for draining before this.</summary>
    public long DrainAfterMs { get; set; }

    /// <summary>Where in each log entries of this segment may be found: first and last offset. Never shrinks.</summary>
    public Dictionary<long, (long First, long Last)> Spans { get; } = [];

    public override ContainerKind Kind => ContainerKind.WalSegment;

    public override bool IsClosed => Sealed;

    public override ContainerLocation ToLocation() => new()
    {
        Kind = ContainerKind.WalSegment,
        ContainerId = Id,
        Volume = Volume,
        Path = Path,
        WriterId = WriterId,
    };
}
