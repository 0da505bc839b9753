using System.Collections.Immutable;
using Spillway.Kafka;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>
/// The newest <see cref="ClusterImage"/> that this frontend knows. It may lag and never goes back; who must not be wrong (an unknown
/// topic, for one) asks for <see cref="GetCurrentAsync"/>. The image loop writes, everybody reads.
/// </summary>
internal sealed class ClusterView(IClusterImageService images, BrokerSettings brokerSettings)
{
    private readonly Lock _lock = new();                            // guards _waiters and the swap of _image
    private readonly List<(long Version, TaskCompletionSource<ClusterImage> Reached)> _waiters = [];
    private IReadOnlyDictionary<string, string> _ofAllBrokers = ImmutableDictionary<string, string>.Empty; // touched under _lock
    private volatile ClusterImage _image = ClusterImage.Empty;

    public ClusterImage Image => _image;

    public bool IsKnown => _image.Version >= 0;

    /// <summary>The image once it is at <paramref name="version"/> or later.</summary>
    public Task<ClusterImage> WhenAtLeastAsync(long version, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_image.Version >= version)
            {
                return Task.FromResult(_image);
            }

            var reached = new TaskCompletionSource<ClusterImage>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((version, reached));
            return reached.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>An image that has seen everything committed before this call (a linearizable read).</summary>
    public async Task<ClusterImage> GetCurrentAsync(CancellationToken cancellationToken)
    {
        var barrier = await images.ReadBarrierAsync(new ReadBarrierRequest(), cancellationToken).ConfigureAwait(false);
        return await WhenAtLeastAsync(barrier.Version, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The image at hand where it knows all that is asked for, else one that has seen everything committed before this call: only what is
    /// missing there may be called unknown.
    /// </summary>
    public async ValueTask<ClusterImage> GetKnowingAsync(Func<ClusterImage, bool> knowsAll, CancellationToken cancellationToken)
    {
        var image = Image;
        return knowsAll(image) ? image : await GetCurrentAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Apply(ImageUpdate update)
    {
        List<TaskCompletionSource<ClusterImage>> reached = [];
        ClusterImage image;
        lock (_lock)
        {
            image = _image = Merge(update.Full ? ClusterImage.Empty : _image, update);
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Version <= image.Version)
                {
                    reached.Add(_waiters[i].Reached);
                    _waiters.RemoveAt(i);
                }
            }
        }

        foreach (var waiter in reached)
        {
            waiter.TrySetResult(image);
        }
    }

    private ClusterImage Merge(ClusterImage old, ImageUpdate update)
    {
        var byName = old.TopicsByName.ToBuilder();
        var byId = old.TopicsById.ToBuilder();
        foreach (var removed in update.RemovedTopicIds)
        {
            if (byId.Remove(ToGuid(removed.Span), out var topic) && byName.GetValueOrDefault(topic.Name) == topic)
            {
                byName.Remove(topic.Name);
            }
        }

        foreach (var changed in update.Topics)
        {
            var topic = View(changed);
            byId[topic.TopicId] = topic;
            byName[topic.Name] = topic;
        }

        var configs = MergeConfigs(old, update);
        return new ClusterImage(
            update.Version,
            update.ClusterId.IsEmpty ? old.ClusterId : ToGuid(update.ClusterId.Span),
            byName.ToImmutable(),
            byId.ToImmutable(),
            update.NodesChanged || update.Full ? [.. update.Nodes] : old.Nodes,
            configs);
    }

    private ImmutableDictionary<(ConfigResourceKind Kind, string Name), IReadOnlyDictionary<string, string>> MergeConfigs(
        ClusterImage old, ImageUpdate update)
    {
        var configs = old.Configs.ToBuilder();
        foreach (var changed in update.ChangedConfigs)
        {
            configs.Remove((changed.Kind, changed.Name));
            if (changed.Configs.Count > 0)
            {
                configs.Add((changed.Kind, changed.Name), new Dictionary<string, string>(changed.Configs, StringComparer.Ordinal));
            }
        }

        var merged = configs.ToImmutable();
        var brokersChanged = update.ChangedConfigs.Any(static changed => changed.Kind == ConfigResourceKind.Broker);
        if (update.ConfigsChanged || update.Full || brokersChanged)
        {
            if (update.ConfigsChanged || update.Full)
            {
                _ofAllBrokers = new Dictionary<string, string>(update.BrokerConfigs, StringComparer.Ordinal);
            }

            brokerSettings.SetDynamic(_ofAllBrokers, merged
                .Where(static resource => resource.Key.Kind == ConfigResourceKind.Broker)
                .ToDictionary(static resource => resource.Key.Name, static resource => resource.Value, StringComparer.Ordinal));
        }

        return merged;
    }

    private TopicView View(TopicImage topic)
    {
        var logIds = new LogId[topic.LogIds.Count];
        for (var i = 0; i < logIds.Length; i++)
        {
            logIds[i] = new LogId(topic.LogIds[i]);
        }

        var overrides = new Dictionary<string, string>(topic.Configs, StringComparer.Ordinal);
        return new TopicView(ToGuid(topic.TopicId.Span), topic.Name, logIds, overrides, brokerSettings, topic.ReplicationFactor);
    }

    private static Guid ToGuid(ReadOnlySpan<byte> bytes) => new(bytes, bigEndian: true);
}
