using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Metadata.Tests.Log;
using Spillway.Metadata.Topics;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>What the leader does for transactions unasked, on a clock of the test's.</summary>
public sealed class TransactionUpkeepLoopTests : IDisposable
{
    private readonly NodeContext _context = new();
    private readonly TransactionUpkeepLoop _loop;

    public TransactionUpkeepLoopTests()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _loop = new TransactionUpkeepLoop(
            _context.Node,
            _context.Settings,
            new MetadataMetrics(meters, _context.Machine),
            new LoopEnvironment(
                _context.Time, new LoopHeartbeats(_context.Time), _context.Failure, null, NullLoggerFactory.Instance));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task Transactions_are_aborted_past_their_timeout_all_of_them_and_not_before()
    {
        await StartAsync();
        for (var i = 0; i < 150; i++)
        {
            await BeginAsync($"t{i}", timeoutMs: 60_000);
        }

        _context.Time.Advance(TimeSpan.FromMilliseconds(59_999));
        await RunAsync();
        Assert.Equal(150, Open);

        // Looked for every ten seconds.
        _context.Time.Advance(TimeSpan.FromSeconds(9));
        await RunAsync();
        Assert.Equal(150, Open);
        _context.Time.Advance(TimeSpan.FromSeconds(1));
        await RunAsync();
        Assert.Equal(0, Open);
    }

    /// <summary>What is aborted together is no longer than the end of one transaction may be.</summary>
    [Fact]
    public async Task Large_transactions_are_not_aborted_in_one_command()
    {
        await StartAsync();
        var logs = await CreateTopicAsync(partitions: 10_000);
        var half = logs.Take((TransactionalProducer.LogsMax / 10) + 1).ToList();
        for (var i = 0; i < 12; i++)
        {
            await BeginAsync($"t{i}", timeoutMs: 60_000, half);
        }

        _context.Time.Advance(TimeSpan.FromSeconds(70));
        var before = _context.ReplicatedLog.Proposals;
        await RunAsync();

        Assert.Equal(0, Open);
        Assert.Equal(before + 2, _context.ReplicatedLog.Proposals);
        Assert.Equal(12, _context.Node.Read(state => state.Topics.FindLog(half[0])!.NextOffset));
    }

    [Fact]
    public async Task Transactional_ids_that_nobody_uses_are_forgotten_after_a_week()
    {
        await StartAsync();
        for (var i = 0; i < 100; i++)
        {
            await InitAsync($"t{i}", timeoutMs: 60_000);
        }

        _context.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromHours(1));
        await RunAsync();
        Assert.Equal(100, Known);

        _context.Time.Advance(TimeSpan.FromHours(1));
        await RunAsync();
        Assert.Equal(0, Known);
    }

    [Fact]
    public async Task Nothing_to_do_costs_no_command_and_who_does_not_lead_does_nothing()
    {
        await StartAsync();
        await BeginAsync("t", timeoutMs: 1);
        _context.ReplicatedLog.Lead(false);
        _context.Time.Advance(TimeSpan.FromDays(1));
        var before = _context.ReplicatedLog.Proposals;
        await RunAsync();
        Assert.Equal(before, _context.ReplicatedLog.Proposals);

        _context.ReplicatedLog.Lead(true);
        await RunAsync();
        Assert.Equal(before + 1, _context.ReplicatedLog.Proposals);
        _context.Time.Advance(TimeSpan.FromDays(1));
        await RunAsync();
        Assert.Equal(before + 1, _context.ReplicatedLog.Proposals);
    }

    private int Open => _context.Node.Read(state => state.Transactions.OpenCount);

    private int Known => _context.Node.Read(state => state.Transactions.Count);

    private async Task StartAsync()
    {
        await _context.StartAsync();
        await _context.Node.InitializeAsync(Ct);
    }

    private async Task RunAsync()
    {
        while (await _loop.RunOnceAsync(Ct))
        {
        }
    }

    private Task<InitProducerResult> InitAsync(string id, int timeoutMs) => _context.Node.ProposeAsync<InitProducerResult>(
        new Command
        {
            InitProducer = new InitProducerCall
            {
                TransactionalId = id, TransactionTimeoutMs = timeoutMs, ProducerId = -1, ProducerEpoch = -1,
            },
        },
        Ct);

    private async Task<List<long>> CreateTopicAsync(int partitions)
    {
        var topic = new CreateTopic
        {
            TopicId = TopicIds.Write(Guid.NewGuid()), Name = "t", Partitions = partitions, ReplicationFactor = 1,
        };
        await _context.Node.ProposeAsync<CreateTopicsResult>(
            new Command { CreateTopics = new CreateTopics { Topics = { topic } } }, Ct);
        return _context.Node.Read(state => state.Topics.Find("t")!.Partitions.ConvertAll(static p => p.Id.Value));
    }

    private async Task BeginAsync(string id, int timeoutMs, List<long> logIds)
    {
        var producer = await InitAsync(id, timeoutMs);
        await _context.Node.ProposeAsync<AddPartitionsResult>(
            new Command
            {
                AddPartitions = new AddPartitionsCall { TransactionalId = id, ProducerId = producer.ProducerId, LogIds = { logIds } },
            },
            Ct);
    }

    private async Task BeginAsync(string id, int timeoutMs)
    {
        var producer = await InitAsync(id, timeoutMs);
        await _context.Node.ProposeAsync<AddOffsetsResult>(
            new Command
            {
                AddOffsets = new AddOffsetsCall { TransactionalId = id, ProducerId = producer.ProducerId, GroupId = "g" },
            },
            Ct);
    }
}
