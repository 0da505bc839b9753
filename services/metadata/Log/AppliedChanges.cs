using Spillway.Metadata.Partitions;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Log;

/// <summary>
/// What the commands applied since the last call of OnGroupApplied changed, for those who watch. Not part of the state.
/// </summary>
internal sealed class AppliedChanges
{
    public HashSet<Topic> ChangedTopics { get; } = [];

    public List<Topic> RemovedTopics { get; } = [];

    public List<PartitionLog> TouchedLogs { get; } = [];

    public bool NodesChanged { get; set; }

    public bool ConfigsChanged { get; set; }

    public bool FeaturesChanged { get; set; }

    /// <summary>What is not a topic and had its own configs changed.</summary>
    public HashSet<(ConfigResourceKind Kind, string Name)> ChangedConfigs { get; } = [];

    /// <summary>The image is another one.</summary>
    public bool ImageChanged => ChangedTopics.Count > 0 || RemovedTopics.Count > 0 || NodesChanged || ConfigsChanged || FeaturesChanged
        || ChangedConfigs.Count > 0;

    /// <summary>The log got records, or its start moved.</summary>
    public void Touch(PartitionLog log)
    {
        if (!log.Touched)
        {
            log.Touched = true;
            TouchedLogs.Add(log);
        }
    }

    public void Clear()
    {
        foreach (var log in TouchedLogs)
        {
            log.Touched = false;
        }

        TouchedLogs.Clear();
        ChangedTopics.Clear();
        RemovedTopics.Clear();
        NodesChanged = false;
        ConfigsChanged = false;
        FeaturesChanged = false;
        ChangedConfigs.Clear();
    }
}
