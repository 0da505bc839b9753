using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Segments;

/// <summary>
/// What holds bytes that the index names: a WAL segment or an object. Counts the entries that name it, so that "nothing
/// does" is known at once.
/// </summary>
internal abstract class Container(long id)
{
    public long Id { get; } = id;

    public abstract ContainerKind Kind { get; }

    public int LiveEntries { get; set; }

    public long LiveBytes { get; set; }

    /// <summary>Since when nothing names it and nothing ever will again; 0: not so.</summary>
    public long UnreferencedAtMs { get; set; }

    /// <summary>The job that has it in hand; 0: none.</summary>
    public long JobId { get; set; }

    /// <summary>Jobs about it that failed, one after the other.</summary>
    public int FailureCount { get; set; }

    /// <summary>No command can make the index name it from now on.</summary>
    public abstract bool IsClosed { get; }

    public abstract ContainerLocation ToLocation();
}
