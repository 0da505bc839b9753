using Spillway.Kafka.Errors;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>
/// The leader epoch of every partition is 0 for ever: zones are shown different leaders at the same time, and no log is ever cut back.
/// </summary>
internal static class LeaderEpochs
{
    public const int Current = 0;

    /// <summary>What the client did not say.</summary>
    private const int Unknown = -1;

    /// <summary>Whether the epoch that a client takes for the current one is it (KIP-320).</summary>
    public static ErrorCode Check(int clientsEpoch) => clientsEpoch switch
    {
        Unknown or Current => ErrorCode.None,
        > Current => ErrorCode.UnknownLeaderEpoch,
        _ => ErrorCode.FencedLeaderEpoch,
    };
}
