using System.Collections.Concurrent;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Clients;

/// <summary>
/// What one client knows of the cluster: the leader of each partition as it was last told, and a connection to each broker it talks to.
/// Thread-safe.
/// </summary>
internal sealed class ClusterConnections(IReadOnlyList<BrokerAddress> bootstrap, string clientId, IReadOnlyList<string> topics, Random random)
    : IDisposable
{
    private static readonly TimeSpan MetadataTime = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<BrokerAddress, Task<KafkaConnection>> _connections = new();
    private readonly Lock _lock = new(); // guards the random numbers
    private readonly CancellationTokenSource _end = new();
    private volatile Dictionary<TopicPartition, BrokerAddress> _leaders = [];
    private volatile BrokerAddress[] _brokers = [];

    public string ClientId => clientId;

    public BrokerAddress? LeaderOf(TopicPartition partition) =>
        _leaders.TryGetValue(partition, out var leader) ? leader : null;

    /// <summary>Any broker that is known.</summary>
    public BrokerAddress AnyBroker()
    {
        var known = _brokers;
        lock (_lock)
        {
            // The bootstrap servers stay candidates: all that was learnt since may be gone.
            return known.Length > 0 && random.Next(3) > 0 ? known[random.Next(known.Length)] : bootstrap[random.Next(bootstrap.Count)];
        }
    }

    /// <summary>The connection to a broker, made where there is none that is open.</summary>
    /// <exception cref="NoAnswerException">Nobody is there.</exception>
    public async Task<KafkaConnection> ConnectAsync(BrokerAddress address)
    {
        var connecting = _connections.GetOrAdd(address, OpenAsync);
        try
        {
            var connection = await connecting;
            if (connection.IsOpen)
            {
                return connection;
            }
        }
        catch (Exception e) when (e is NoAnswerException or OperationCanceledException)
        {
            _connections.TryRemove(KeyValuePair.Create(address, connecting));
            throw e as NoAnswerException ?? new NoAnswerException(NoAnswerException.Disconnect, e);
        }

        _connections.TryRemove(KeyValuePair.Create(address, connecting));
        return await ConnectAsync(address);
    }

    /// <summary>Asks any broker who leads what. What it knows stays when nobody answers; the result is the error or null.</summary>
    public async Task<string?> RefreshAsync()
    {
        try
        {
            var request = new MetadataRequest { Topics = [], AllowAutoTopicCreation = false };
            request.Topics.AddRange(topics.Select(static topic => new MetadataRequest.MetadataRequestTopic { Name = topic }));
            var connection = await ConnectAsync(AnyBroker());
            Learn(await connection.CallAsync(ApiKey.Metadata, 9, request, MetadataResponse.Read, MetadataTime), out var error);
            return error;
        }
        catch (NoAnswerException e)
        {
            return e.Error;
        }
    }

    /// <summary>Ends all connections where they are, without a word to the other side.</summary>
    public void Dispose()
    {
        _end.Cancel();
        foreach (var connecting in _connections.Values)
        {
            _ = connecting.ContinueWith(
                static open => open.Result.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
        }
    }

    private void Learn(MetadataResponse response, out string? error)
    {
        error = null;
        var brokers = response.Brokers.ToDictionary(static broker => broker.NodeId, static broker => new BrokerAddress(broker.Host, broker.Port));
        var leaders = new Dictionary<TopicPartition, BrokerAddress>(_leaders);
        foreach (var topic in response.Topics)
        {
            error = topic.ErrorCode == 0 ? error : ErrorCodes.KafkaName((ErrorCode)topic.ErrorCode);
            foreach (var partition in topic.Partitions)
            {
                if (partition.ErrorCode == 0 && brokers.TryGetValue(partition.LeaderId, out var leader))
                {
                    leaders[new TopicPartition(topic.Name!, partition.PartitionIndex)] = leader;
                }
                else
                {
                    error ??= ErrorCodes.KafkaName((ErrorCode)partition.ErrorCode);
                }
            }
        }

        _leaders = leaders;
        _brokers = [.. brokers.Values];
    }

    private Task<KafkaConnection> OpenAsync(BrokerAddress address) => KafkaConnection.OpenAsync(address, clientId, _end.Token);
}
