using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.Metadata.Transactions;

/// <summary>
/// What the leader does for transactions unasked: aborts those that are past their timeout, and forgets transactional ids that
/// nobody has used for long. It proposes, and apply judges again.
/// </summary>
internal sealed class TransactionUpkeepLoop : BackgroundLoop
{
    /// <summary>Transactions named in one command: a command's apply stays short.</summary>
    private const int PerCommand = 64;

    private readonly MetadataNode _node;
    private readonly BrokerSettings _settings;
    private readonly MetadataMetrics _metrics;
    private readonly TimeProvider _time;
    private DateTimeOffset _aborted;
    private DateTimeOffset _expired;

    public TransactionUpkeepLoop(
        MetadataNode node, BrokerSettings settings, MetadataMetrics metrics, LoopEnvironment environment)
        : base("metadata.transactions", TimeSpan.FromSeconds(1), environment)
    {
        _node = node;
        _settings = settings;
        _metrics = metrics;
        _time = environment.Time;
        _aborted = _expired = _time.GetUtcNow();
        node.LeadChanged += _ => Wake();
    }

    public override async ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (!_node.IsLeader)
        {
            return false;
        }

        try
        {
            return await AbortTimedOutAsync(cancellationToken) | await ExpireAsync(cancellationToken);
        }
        catch (RpcException)
        {
            // Not the leader any more, or the log is busy: the next step looks again, here or elsewhere.
            return false;
        }
    }

    private async ValueTask<bool> AbortTimedOutAsync(CancellationToken cancellationToken)
    {
        if (!IsTime(_aborted, "transaction.abort.timed.out.transaction.cleanup.interval.ms"))
        {
            return false;
        }

        var nowMs = _node.NowMs;
        var (command, hasMore) = _node.Read(state =>
        {
            var timedOut = new AbortTimedOut();
            var logs = 0;
            foreach (var producer in state.Transactions.Open.TakeWhile(p => p.DeadlineMs <= nowMs).Take(PerCommand))
            {
                // One by itself is never too large.
                logs += producer.Logs.Count;
                if (logs > TransactionalProducer.LogsMax && timedOut.Transactions.Count > 0)
                {
                    return (timedOut, true);
                }

                timedOut.Transactions.Add(new OpenTransaction
                {
                    TransactionalId = producer.Id, ProducerId = producer.ProducerId, ProducerEpoch = producer.Epoch,
                });
            }

            return (timedOut, timedOut.Transactions.Count == PerCommand);
        });
        if (command.Transactions.Count > 0)
        {
            var aborted = await _node.ProposeAsync<AbortedCount>(
                new Command { AbortTimedOut = command, LogAppendTime = _settings.IsLogAppendTime }, cancellationToken);
            _metrics.TransactionsEnded("timeout", aborted.Count);
        }

        if (hasMore)
        {
            return true;
        }

        _aborted = _time.GetUtcNow();
        return false;
    }

    private async ValueTask<bool> ExpireAsync(CancellationToken cancellationToken)
    {
        if (!IsTime(_expired, "transaction.remove.expired.transaction.cleanup.interval.ms"))
        {
            return false;
        }

        var idleMs = Setting("transactional.id.expiration.ms");
        var before = _node.NowMs - idleMs;
        var idle = _node.Read(state => state.Transactions.All
            .Where(p => TransactionCommands.IsIdle(p, before)).Select(p => p.Id).Take(PerCommand).ToList());
        if (idle.Count > 0)
        {
            await _node.ProposeAsync<ExpireTransactions>(
                new Command { ExpireTransactions = new ExpireTransactions { TransactionalIds = { idle }, IdleMs = idleMs } },
                cancellationToken);
        }

        if (idle.Count == PerCommand)
        {
            return true;
        }

        _expired = _time.GetUtcNow();
        return false;
    }

    private bool IsTime(DateTimeOffset last, string interval) =>
        _time.GetUtcNow() - last >= TimeSpan.FromMilliseconds(Setting(interval));

    private long Setting(string name) => _node.Read(state => _settings.With(state.Configs.DynamicBrokerConfigs)).Long(name);
}
