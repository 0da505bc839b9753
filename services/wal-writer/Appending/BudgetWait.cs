namespace Spillway.WalWriter.Appending;

/// <summary>Who waits for room: an append whose bytes are in this process already, or a request that is not read yet.</summary>
internal readonly record struct BudgetWait(
    long LengthBytes, long Timestamp, PendingAppend? Append, TaskCompletionSource<bool>? Reservation);
