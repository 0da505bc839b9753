namespace Spillway.WalWriter.Sessions;

/// <summary>Why a writer epoch ended, and what those who wait are told: always something a client retries (P4).</summary>
internal sealed record SessionEnd(string Reason, ErrorCode Error, Exception? Exception = null)
{
    /// <summary>Everything was answered and sealed.</summary>
    public static SessionEnd Drained { get; } = new("drained", ErrorCode.NotLeaderOrFollower);

    /// <summary>Metadata says that the epoch is over.</summary>
    public static SessionEnd Fenced { get; } = new("fenced", ErrorCode.NotLeaderOrFollower);

    /// <summary>Something was unanswered for too long: metadata or a volume is not there.</summary>
    public static SessionEnd Overdue { get; } = new("overdue", ErrorCode.KafkaStorageError);

    /// <summary>A dependency gave no usable answer.</summary>
    public static SessionEnd Unavailable { get; } = new("unavailable", ErrorCode.KafkaStorageError);

    /// <summary>The process stops before everything was answered.</summary>
    public static SessionEnd Stopped { get; } = new("stopped", ErrorCode.NotLeaderOrFollower);

    /// <summary>A bug: the process stops.</summary>
    public static SessionEnd Failed(Exception exception) => new("failed", ErrorCode.KafkaStorageError, exception);
}
