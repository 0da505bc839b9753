using Spillway.Chaos.Clients;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Workload;

/// <summary>Creates what the workload works on.</summary>
internal static class Topics
{
    public const int PartitionCount = 2;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    public static async Task<IReadOnlyList<TopicPartition>> CreateAsync(ClusterConnections cluster, string prefix, int topicCount)
    {
        var request = new CreateTopicsRequest { TimeoutMs = (int)AnswerTime.TotalMilliseconds };
        var names = Enumerable.Range(0, topicCount).Select(number => $"{prefix}{number}").ToList();
        request.Topics.AddRange(names.Select(static name =>
            new CreateTopicsRequest.CreatableTopic { Name = name, NumPartitions = PartitionCount, ReplicationFactor = 1 }));
        var connection = await cluster.ConnectAsync(cluster.AnyBroker());
        var answer = await connection.CallAsync(ApiKey.CreateTopics, 5, request, CreateTopicsResponse.Read, AnswerTime);
        var failed = answer.Topics.FirstOrDefault(static topic => topic.ErrorCode != 0);
        return failed is null
            ? [.. names.SelectMany(static name => Enumerable.Range(0, PartitionCount).Select(partition => new TopicPartition(name, partition)))]
            : throw new InvalidOperationException($"{failed.Name}: {(ErrorCode)failed.ErrorCode}");
    }
}
