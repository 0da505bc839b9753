using Spillway.History.Events;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Clients;

/// <summary>
/// A consumer whose partitions and positions its user sets. One fetch at a time; whoever leads most of what it reads is asked in turn with
/// the others. Not thread-safe.
/// </summary>
internal sealed class ChaosConsumer(ClusterConnections cluster) : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<TopicPartition, long> _positions = [];
    private int _turn;

    /// <summary>Where it goes on, by partition.</summary>
    public IReadOnlyDictionary<TopicPartition, long> Positions => _positions;

    public ClusterConnections Cluster => cluster;

    public void Assign(IEnumerable<KeyValuePair<TopicPartition, long>> positions)
    {
        _positions.Clear();
        foreach (var (partition, position) in positions)
        {
            _positions[partition] = position;
        }
    }

    /// <summary>
    /// One fetch. Positions move behind what it brought. An answer that does not come is an error of every partition asked for.
    /// </summary>
    public async Task<IReadOnlyList<FetchedPartition>> PollAsync(TimeSpan wait, RecordObserver? observe = null)
    {
        var leaders = _positions.Keys.GroupBy(cluster.LeaderOf).Where(static leader => leader.Key is not null).ToList();
        if (leaders.Count == 0 || leaders.Sum(static leader => leader.Count()) < _positions.Count)
        {
            await RefreshAsync();
        }

        if (leaders.Count == 0)
        {
            return [];
        }

        var turn = leaders[_turn++ % leaders.Count];
        var partitions = turn.Skip(_turn % turn.Count()).Concat(turn.Take(_turn % turn.Count())).ToList();
        var fetched = await FetchAsync(turn.Key!.Value, partitions, leaders.Count == 1 ? wait : TimeSpan.Zero, observe);
        foreach (var partition in fetched)
        {
            _positions[partition.Partition] = partition.NextOffset;
        }

        if (fetched.Any(static partition => partition.Error is not null))
        {
            await RefreshAsync();
        }

        return fetched;
    }

    /// <summary>Log start, high watermark and last stable offset; an error where one of the answers is one.</summary>
    public async Task<(Step? View, string? Error)> ViewAsync(TopicPartition partition)
    {
        var (start, error) = await OffsetOfAsync(partition, -2, isCommitted: false);
        (var end, error) = error is null ? await OffsetOfAsync(partition, -1, isCommitted: false) : (0, error);
        (var stable, error) = error is null ? await OffsetOfAsync(partition, -1, isCommitted: true) : (0, error);
        return (error is null ? Step.View(partition.ToString(), start, end, stable) : null, error);
    }

    /// <summary>ListOffsets of one partition: −1 the end, −2 the start, else the first record at or after a time.</summary>
    public async Task<(long Offset, string? Error)> OffsetOfAsync(TopicPartition partition, long timestamp, bool isCommitted)
    {
        if (cluster.LeaderOf(partition) is not { } leader)
        {
            await RefreshAsync();
            return (-1, "LEADER_NOT_AVAILABLE");
        }

        var request = new ListOffsetsRequest { ReplicaId = -1, IsolationLevel = (sbyte)(isCommitted ? 1 : 0) };
        request.Topics.Add(new ListOffsetsRequest.ListOffsetsTopic
        {
            Name = partition.Topic,
            Partitions = { new ListOffsetsRequest.ListOffsetsPartition { PartitionIndex = partition.Partition, Timestamp = timestamp } },
        });
        try
        {
            var connection = await cluster.ConnectAsync(leader);
            var response = await connection.CallAsync(ApiKey.ListOffsets, 5, request, ListOffsetsResponse.Read, AnswerTime);
            var answer = response.Topics[0].Partitions[0];
            if (answer.ErrorCode == 0)
            {
                return (answer.Offset, null);
            }

            await RefreshAsync();
            return (-1, ErrorCodes.KafkaName((ErrorCode)answer.ErrorCode));
        }
        catch (NoAnswerException e)
        {
            await RefreshAsync();
            return (-1, e.Error);
        }
    }

    public void Dispose() => cluster.Dispose();

    private async Task RefreshAsync()
    {
        await Task.Delay(Backoff);
        await cluster.RefreshAsync();
    }

    private async Task<List<FetchedPartition>> FetchAsync(
        BrokerAddress broker, List<TopicPartition> partitions, TimeSpan wait, RecordObserver? observe)
    {
        var request = new FetchRequest
        {
            MaxWaitMs = (int)wait.TotalMilliseconds,
            MinBytes = 1,
            MaxBytes = 4 << 20,
            IsolationLevel = 1,
            SessionEpoch = -1,
        };
        foreach (var topic in partitions.GroupBy(static partition => partition.Topic))
        {
            var asked = new FetchRequest.FetchTopic { Topic = topic.Key };
            asked.Partitions.AddRange(topic.Select(partition => new FetchRequest.FetchPartition
            {
                Partition = partition.Partition,
                FetchOffset = _positions[partition],
                PartitionMaxBytes = 1 << 20,
            }));
            request.Topics.Add(asked);
        }

        try
        {
            var connection = await cluster.ConnectAsync(broker);
            var response = await connection.CallAsync(ApiKey.Fetch, 11, request, FetchResponse.Read, AnswerTime);
            return
            [
                .. response.Responses.SelectMany(topic => topic.Partitions.Select(data =>
                {
                    var partition = new TopicPartition(topic.Topic!, data.PartitionIndex);
                    return FetchedBatches.Read(partition, data, _positions[partition], observe);
                })),
            ];
        }
        catch (NoAnswerException e)
        {
            return partitions.ConvertAll(partition => new FetchedPartition(partition, [], _positions[partition], Error: e.Error));
        }
    }
}
