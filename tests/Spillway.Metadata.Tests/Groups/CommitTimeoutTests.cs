using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Tests.ConsumerGroups;
using Spillway.Metadata.Tests.Log;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>
/// offsets.commit.timeout.ms, on a clock and a log of the test's: a commit that the log does not take in time is for another coordinator.
/// </summary>
public sealed class CommitTimeoutTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    private readonly NodeContext _context = new();
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly GroupSessions _sessions;
    private readonly GroupService _groups;
    private readonly TransactionService _transactions;
    private OffsetToCommit _offset = new();

    public CommitTimeoutTests()
    {
        _context.Settings.Broker["offsets.commit.timeout.ms"] = "3000";
        var current = new CurrentGroupLimits(_context.Node, _context.Settings);
        var patience = new CommitPatience(current, _context.Time);
        var topics = new FakeGroupTopics();
        var metrics = new MetadataMetrics(_meters.GetRequiredService<IMeterFactory>(), _context.Machine);
        _sessions = new GroupSessions(_context.Node, current, topics, _context.Time, metrics, NullLogger<GroupSession>.Instance);
        _groups = new GroupService(_context.Node, _sessions, current, patience, topics, NullLogger<GroupService>.Instance);
        _transactions = new TransactionService(_context.Node, _sessions, current, patience, _context.Settings, metrics);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _sessions.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_commit_that_the_log_does_not_take_in_time_is_for_another_coordinator()
    {
        await StartAsync();
        await AssertTimesOutAsync(async () => (await _groups.CommitOffsetsAsync(
            new CommitOffsetsCall { GroupId = "g", GenerationId = -1, Offsets = { _offset } }, Ct)).ErrorCodes);
    }

    [Fact]
    public async Task So_is_one_in_a_transaction()
    {
        await StartAsync();
        var producer = await _transactions.InitProducerAsync(
            new InitProducerCall { TransactionalId = "t", TransactionTimeoutMs = 60_000, ProducerId = -1, ProducerEpoch = -1 }, Ct);
        var call = new CommitTransactionOffsetsCall
        {
            TransactionalId = "t",
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            TransactionVersion = 2,
            GroupId = "g",
            GenerationId = -1,
            Offsets = { _offset },
        };

        await AssertTimesOutAsync(async () => (await _transactions.CommitTransactionOffsetsAsync(call, Ct)).ErrorCodes);
    }

    private async Task StartAsync()
    {
        await _context.StartAsync();
        var created = await _context.Admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 1, ReplicationFactor = -1 } } }, Ct);
        _offset = new OffsetToCommit { TopicId = created.Topics[0].TopicId, Offset = 7 };
    }

    private async Task AssertTimesOutAsync(Func<Task<Google.Protobuf.Collections.RepeatedField<int>>> commit)
    {
        _context.ReplicatedLog.HoldAnswers();
        var late = commit();
        _context.Time.Advance(Timeout - Instant);
        Assert.False(late.IsCompleted);
        _context.Time.Advance(Instant);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, (ErrorCode)(await late.WaitAsync(TimeSpan.FromMinutes(1), Ct)).Single());
        _context.ReplicatedLog.ReleaseAnswers();

        // One that is taken at the last moment is a commit like any other.
        _context.ReplicatedLog.HoldAnswers();
        var inTime = commit();
        _context.Time.Advance(Timeout - Instant);
        _context.ReplicatedLog.ReleaseAnswers();
        Assert.Equal(ErrorCode.None, (ErrorCode)(await inTime).Single());
    }
}
