namespace Spillway.Metadata.Transactions;

/// <summary>
/// Kafka's states of a transactional id; the names are those that clients are told. There is nothing between open and ended here: both are
/// one step of the log. The numbers are those of snapshots.
/// </summary>
internal enum TransactionState
{
    Empty = 0,
    Ongoing = 1,
    CompleteCommit = 2,
    CompleteAbort = 3,
}
