using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>Commits of one partition, and what is committed, for cases about something else.</summary>
internal static class OffsetRequests
{
    private const short FetchVersion = 8;
    private const short CommitVersion = 9;

    /// <summary>A commit from outside of any generation, as tools do it; it fits every version.</summary>
    public static OffsetCommitRequest CommitOf(string group, TestTopic topic, long offset, int partition = 0, string? metadata = null) => new()
    {
        GroupId = group,
        GenerationIdOrMemberEpoch = -1,
        Topics =
        {
            new()
            {
                Name = topic.Name,
                TopicId = topic.Id,
                Partitions = { new() { PartitionIndex = partition, CommittedOffset = offset, CommittedMetadata = metadata } },
            },
        },
    };

    public static async Task CommitAsync(CaseRun run, string group, TestTopic topic, long offset, int partition = 0, string? metadata = null)
    {
        var answer = await run.AskAsync<OffsetCommitResponse>(CommitOf(group, topic, offset, partition, metadata), CommitVersion);
        Assert.Equal(ErrorCode.None, (ErrorCode)answer.Topics[0].Partitions[0].ErrorCode);
    }

    public static async Task<OffsetFetchResponse.OffsetFetchResponsePartitions> FetchAsync(
        CaseRun run, string group, TestTopic topic, int partition = 0)
    {
        var request = new OffsetFetchRequest
        {
            Groups = { new() { GroupId = group, Topics = [new() { Name = topic.Name, PartitionIndexes = { partition } }] } },
        };
        var answer = Assert.Single((await run.AskAsync<OffsetFetchResponse>(request, FetchVersion)).Groups);
        Assert.Equal(ErrorCode.None, (ErrorCode)answer.ErrorCode);
        return answer.Topics[0].Partitions[0];
    }
}
