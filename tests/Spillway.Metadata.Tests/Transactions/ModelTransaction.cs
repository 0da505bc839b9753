namespace Spillway.Metadata.Tests.Transactions;

/// <summary>What a transaction wrote and how it ended, if it has.</summary>
internal sealed class ModelTransaction(string id)
{
    public string Id { get; } = id;

    public long StartMs { get; init; }

    /// <summary>Null while it is open.</summary>
    public bool? IsCommitted { get; set; }

    /// <summary>Each partition's first offset; -1: added, and nothing written to it yet.</summary>
    public Dictionary<long, long> Logs { get; } = [];
}
