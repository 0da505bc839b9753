using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching.Sessions;

/// <summary>What a session remembers of a partition: what the client asks for, and what it was told last.</summary>
internal sealed class SessionPartition(AskedPartition asked)
{
    private long _highWatermark = -1;
    private long _lastStableOffset = -1;
    private long _logStartOffset = -1;

    public AskedPartition Asked { get; private set; } = asked;

    public SessionPartitionKey Key => SessionPartitionKey.Of(Asked);

    /// <summary>The topic's name when its id was last known: an id that is gone while the name is there has become another topic's.</summary>
    public string? KnownName { get; set; }

    /// <summary>The client asks for the same partition with other numbers.</summary>
    public void Update(AskedPartition asked) => Asked = asked;

    /// <summary>
    /// Whether an incremental answer must hold the partition: with records, with an error, or with offsets that the client has not seen. Notes
    /// what the client sees by it.
    /// </summary>
    public bool NoteAnswer(FetchResponse.PartitionData data)
    {
        var isNews = data.Records is { Length: > 0 }
            || data.HighWatermark != _highWatermark
            || data.LastStableOffset != _lastStableOffset
            || data.LogStartOffset != _logStartOffset
            || data.PreferredReadReplica >= 0;
        (_highWatermark, _lastStableOffset, _logStartOffset) = (data.HighWatermark, data.LastStableOffset, data.LogStartOffset);
        if (data.ErrorCode == 0)
        {
            return isNews;
        }

        // So that the client hears of it when the error is gone.
        _highWatermark = -1;
        return true;
    }
}
