using Spillway.Kafka.Buffers;

namespace Spillway.Rpc.Append;

/// <summary>The batches of one produce request, appended together and in order. May be filled anew once a stream has taken it.</summary>
public sealed class AppendRequest
{
    /// <summary>
    /// Keeps the memory of all batches alive. The caller holds a reference until <see cref="IAppendStream.Append"/> has
    /// returned, no longer; the stream adds its own before it returns, for as long as it needs the bytes.
    /// </summary>
    public required SharedBuffer Owner { get; set; }

    /// <summary>The batches; results come in this order.</summary>
    public required IReadOnlyList<BatchToAppend> Batches { get; set; }

    /// <summary>The transactional id of the produce request; null: not transactional.</summary>
    public string? TransactionalId { get; set; }

    /// <summary>What <see cref="IAppendStream.ReserveAsync"/> has made room for; 0: nothing was asked.</summary>
    public int ReservedBytes { get; set; }

    /// <summary>1 or 2 (TV1, TV2) as the produce version says; 0 when not transactional.</summary>
    public int TransactionVersion { get; set; }
}
