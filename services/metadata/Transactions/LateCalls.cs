namespace Spillway.Metadata.Transactions;

/// <summary>
/// Calls that were left behind on their way. With TV1 all transactions of a producer have one epoch, so an EndTxn that its client has given up
/// could end the transaction after the one it was for (KAFKA-17754, KIP-890). A call that was on its way before the open transaction began
/// is not about it. That narrows the gap and does not close it: what is late before a frontend has it is not seen.
/// </summary>
internal static class LateCalls
{
    /// <summary>
    /// What waited for less is let through: the state's time stands still for a while where a new leader's clock is behind the last one's,
    /// and what comes again at once must not be refused for that.
    /// </summary>
    public const long NoticedMs = 100;

    /// <summary>Whether the call was there before the producer's open transaction.</summary>
    /// <param name="producer">Whose call it is.</param>
    /// <param name="transactionVersion">With 2 or more the epoch tells.</param>
    /// <param name="waitedMs">How long ago it came.</param>
    /// <param name="nowMs">The state's time, which the transaction's begin was measured by too.</param>
    public static bool IsLate(TransactionalProducer producer, int transactionVersion, long waitedMs, long nowMs) =>
        transactionVersion < 2 && producer.IsOngoing && waitedMs >= NoticedMs && producer.StartMs > nowMs - waitedMs;
}
