using System.Threading.Channels;
using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Images;

/// <summary>
/// Gives every watcher the image: whole at first, then each change. Changes are built once for all. Everything here happens
/// under the state's lock, so that a watcher misses nothing between the two.
/// </summary>
internal sealed class ImageHub
{
    /// <summary>Updates that a watcher may lag behind; past that it has to begin again.</summary>
    private const int LagMax = 256;

    private readonly MetadataStateMachine _machine;
    private readonly List<Channel<ImageUpdate>> _watchers = [];

    public ImageHub(MetadataStateMachine machine, MetadataNode node)
    {
        _machine = machine;
        machine.Published += Publish;
        node.LeadChanged += lead =>
        {
            if (lead is null)
            {
                EndAll(LogFailures.NotLeading(node.Leadership));
            }
        };
    }

    public ChannelReader<ImageUpdate> Subscribe() => _machine.Read(state =>
    {
        var watcher = Channel.CreateBounded<ImageUpdate>(LagMax);
        watcher.Writer.TryWrite(BuildFull(state));
        _watchers.Add(watcher);
        return watcher.Reader;
    });

    public void Unsubscribe(ChannelReader<ImageUpdate> reader) =>
        _machine.Read(_ => _watchers.RemoveAll(w => w.Reader == reader));

    /// <summary>Ends all streams: whoever watches shall do so where the leader is.</summary>
    private void EndAll(RpcException reason) => _machine.Read(_ =>
    {
        _watchers.ForEach(watcher => watcher.Writer.TryComplete(reason));
        _watchers.Clear();
        return 0;
    });

    private void Publish(MetadataState state)
    {
        if (_watchers.Count == 0 || !state.Changes.ImageChanged)
        {
            return;
        }

        var update = BuildChange(state);
        foreach (var watcher in _watchers)
        {
            if (!watcher.Writer.TryWrite(update))
            {
                watcher.Writer.TryComplete(
                    new RpcException(RpcStatusCode.Unavailable, "The watcher fell too far behind; watch again."));
            }
        }
    }

    private static ImageUpdate BuildFull(MetadataState state)
    {
        var update = NewUpdate(state);
        update.Full = true;
        update.Topics.AddRange(state.Topics.Existing.Select(ToImage));
        state.Features.AddTo(update);
        AddNodes(update, state);
        AddConfigs(update, state);
        AddConfigs(update, state, state.Configs.Resources);
        return update;
    }

    private static ImageUpdate BuildChange(MetadataState state)
    {
        var update = NewUpdate(state);
        update.Topics.AddRange(state.Changes.ChangedTopics.Select(ToImage));
        update.RemovedTopicIds.AddRange(state.Changes.RemovedTopics.Select(t => TopicIds.Write(t.Id)));
        if (state.Changes.NodesChanged)
        {
            AddNodes(update, state);
        }

        if (state.Changes.ConfigsChanged)
        {
            AddConfigs(update, state);
        }

        if (state.Changes.FeaturesChanged)
        {
            state.Features.AddTo(update);
        }

        AddConfigs(update, state, state.Changes.ChangedConfigs);
        return update;
    }

    private static ImageUpdate NewUpdate(MetadataState state) => new()
    {
        Version = state.ImageVersion,
        ClusterId = ByteString.CopyFrom(state.ClusterId),
    };

    private static void AddNodes(ImageUpdate update, MetadataState state)
    {
        update.NodesChanged = true;
        update.Nodes.AddRange(state.Nodes.All.Select(n => n.ToImage()));
    }

    private static void AddConfigs(ImageUpdate update, MetadataState state)
    {
        update.ConfigsChanged = true;
        update.BrokerConfigs.Add(state.Configs.DynamicBrokerConfigs);
    }

    private static void AddConfigs(
        ImageUpdate update, MetadataState state, IEnumerable<(ConfigResourceKind Kind, string Name)> resources)
    {
        foreach (var (kind, name) in resources)
        {
            var resource = new ConfigResource { Kind = kind, Name = name };
            resource.Configs.Add(state.Configs.Of(kind, name));
            update.ChangedConfigs.Add(resource);
        }
    }

    private static TopicImage ToImage(Topic topic)
    {
        var image = new TopicImage
        {
            TopicId = TopicIds.Write(topic.Id),
            Name = topic.Name,
            ReplicationFactor = topic.ReplicationFactor,
        };
        image.LogIds.AddRange(topic.Partitions.Select(p => p.Id.Value));
        image.Configs.Add(topic.Configs);
        return image;
    }
}
