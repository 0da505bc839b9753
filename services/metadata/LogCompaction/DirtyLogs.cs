using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.LogCompaction;

/// <summary>What the leader's last round found worth a log compaction. Thread-safe: the list is swapped whole.</summary>
internal sealed class DirtyLogs
{
    private volatile IReadOnlyList<LogToClean> _worst = [];

    /// <summary>Those whose pass is under way, then the dirtiest.</summary>
    public IReadOnlyList<LogToClean> Worst
    {
        get => _worst;
        set => _worst = value;
    }
}
