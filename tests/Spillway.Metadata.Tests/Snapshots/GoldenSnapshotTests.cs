using Spillway.Metadata.Snapshots;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Snapshots;

/// <summary>
/// A snapshot written by the first version. The file is never made anew: if this fails, old snapshots have become unreadable
/// or mean something else.
/// </summary>
public sealed class GoldenSnapshotTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden", "metadata-snapshot-v1.golden");

    [Fact]
    public void The_first_versions_snapshot_is_read_and_written_as_it_was()
    {
        var bytes = File.ReadAllBytes(Golden);
        using var source = new MemoryStream(bytes);

        var state = SnapshotReader.Read(source);

        using var written = new MemoryStream();
        SnapshotWriter.Write(state, written);
        Assert.Equal(bytes, written.ToArray());
        var log = state.Topics.Find("t")!.Partitions[0];
        Assert.Equal((1400, 150), (log.NextOffset, log.LogStartOffset));
        Assert.Equal(7, log.Producers.Count);
        Assert.Equal(ContainerKind.Object, log.Index.First.Kind);
        Assert.Single(state.Jobs.All);
        Assert.Equal(2, state.Containers.SegmentCount);
        Assert.Equal(2, state.Containers.ObjectCount);
    }
}
