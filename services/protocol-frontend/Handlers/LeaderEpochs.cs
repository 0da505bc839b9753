namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>
/// The leader epoch of every partition is 0 for ever: zones are shown different leaders at the same time, and no log is ever cut back. What a
/// client takes for the current one is not looked at. It can differ only where the client has seen another cluster under the same names,
/// and one that has seen a higher epoch ignores metadata with 0: told UNKNOWN_LEADER_EPOCH (KIP-320), it would ask again for ever. Where its
/// position comes from such an epoch it is told so by OffsetForLeaderEpoch, which ends well: it looks for another position.
/// </summary>
internal static class LeaderEpochs
{
    public const int Current = 0;
}
