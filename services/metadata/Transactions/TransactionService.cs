using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Transactions;

/// <summary>The coordinator of all transactions, on the leader: what depends on settings is judged here, the rest where it is applied.</summary>
internal sealed class TransactionService(
    MetadataNode node,
    GroupSessions sessions,
    CurrentGroupLimits groupLimits,
    CommitPatience patience,
    BrokerSettings settings,
    MetadataMetrics metrics) : ITransactionService
{
    public async Task<InitProducerResult> InitProducerAsync(InitProducerCall request, CancellationToken cancellationToken)
    {
        var error = request.TransactionalId.Length == 0 || request.ProducerId < 0 != request.ProducerEpoch < 0
            ? ErrorCode.InvalidRequest
            : request.TransactionTimeoutMs <= 0 || request.TransactionTimeoutMs > Setting("transaction.max.timeout.ms")
                ? ErrorCode.InvalidTransactionTimeout
            : ErrorCode.None;
        if (error != ErrorCode.None)
        {
            return new InitProducerResult { ErrorCode = (int)error, ProducerId = -1, ProducerEpoch = -1 };
        }

        var result = await node.ProposeAsync<InitProducerResult>(
            new Command { InitProducer = request, LogAppendTime = settings.IsLogAppendTime }, cancellationToken);
        metrics.TransactionsEnded("init", result.Aborted ? 1 : 0);
        return result;
    }

    public Task<AddPartitionsResult> AddPartitionsAsync(AddPartitionsCall request, CancellationToken cancellationToken) =>
        request.TransactionalId.Length == 0
            ? Task.FromResult(new AddPartitionsResult { ErrorCodes = { Refused(request.LogIds.Count, ErrorCode.InvalidRequest) } })
            : node.ProposeAsync<AddPartitionsResult>(new Command { AddPartitions = request }, cancellationToken);

    public Task<AddOffsetsResult> AddOffsetsAsync(AddOffsetsCall request, CancellationToken cancellationToken)
    {
        var error = request.TransactionalId.Length == 0 ? ErrorCode.InvalidRequest
            : request.GroupId.Length == 0 ? ErrorCode.InvalidGroupId
            : ErrorCode.None;
        return error != ErrorCode.None
            ? Task.FromResult(new AddOffsetsResult { ErrorCode = (int)error })
            : node.ProposeAsync<AddOffsetsResult>(new Command { AddOffsets = request }, cancellationToken);
    }

    public async Task<EndTransactionResult> EndTransactionAsync(EndTransactionCall request, CancellationToken cancellationToken)
    {
        if (request.TransactionalId.Length == 0)
        {
            return new EndTransactionResult { ErrorCode = (int)ErrorCode.InvalidRequest, ProducerId = -1, ProducerEpoch = -1 };
        }

        var result = await node.ProposeAsync<EndTransactionResult>(
            new Command { EndTransaction = request, LogAppendTime = settings.IsLogAppendTime }, cancellationToken);
        metrics.TransactionsEnded(request.Commit ? "commit" : "abort", result.ErrorCode == 0 ? 1 : 0);
        return result;
    }

    public async Task<CommitTransactionOffsetsResult> CommitTransactionOffsetsAsync(
        CommitTransactionOffsetsCall request, CancellationToken cancellationToken)
    {
        await sessions.EnsureLeadingAsync(cancellationToken);
        var errors = CheckOffsets(request);
        var command = request.Clone();
        command.Offsets.Clear();
        command.Offsets.AddRange(request.Offsets.Where((_, i) => errors[i] == ErrorCode.None));
        if (request.GroupId.Length == 0)
        {
            return new CommitTransactionOffsetsResult { ErrorCodes = { Refused(errors.Length, ErrorCode.InvalidGroupId) } };
        }

        var member = ToMember(request);
        var (error, proposed) = sessions.Use(request.GroupId, (core, nowMs) =>
        {
            var error = core.CheckCommit(member, nowMs, isTransactional: true);
            return error == ErrorCode.None && command.Offsets.Count > 0
                ? (error, node.ProposeAsync<CommitTransactionOffsetsResult>(
                    new Command { CommitTransactionOffsets = command }, cancellationToken))
                : (error, Task.FromResult(new CommitTransactionOffsetsResult()));
        });
        if (error == ErrorCode.None && await patience.AwaitAsync(request.GroupId, proposed, cancellationToken) is null)
        {
            error = ErrorCode.CoordinatorNotAvailable;
        }

        if (error != ErrorCode.None)
        {
            return new CommitTransactionOffsetsResult { ErrorCodes = { Refused(errors.Length, error) } };
        }

        var applied = (await proposed).ErrorCodes;
        var next = 0;
        return new CommitTransactionOffsetsResult
        {
            ErrorCodes = { errors.Select(e => e == ErrorCode.None ? applied[next++] : (int)e) },
        };
    }

    public async Task<DescribeTransactionsResult> DescribeTransactionsAsync(
        DescribeTransactionsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return node.Read(state => new DescribeTransactionsResult
        {
            Transactions = { request.TransactionalIds.Select(id => TransactionQueries.Describe(state, id)) },
        });
    }

    public async Task<ListTransactionsResult> ListTransactionsAsync(
        ListTransactionsCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        var nowMs = node.NowMs;
        return node.Read(state => TransactionQueries.List(state, request, nowMs));
    }

    public async Task<DescribeProducersResult> DescribeProducersAsync(
        DescribeProducersCall request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return node.Read(state => new DescribeProducersResult
        {
            Logs = { request.LogIds.Select(id => TransactionQueries.DescribeProducers(state, id)) },
        });
    }

    public async Task<AbortProducerResult> AbortProducerAsync(AbortProducerCall request, CancellationToken cancellationToken)
    {
        var result = await node.ProposeAsync<AbortProducerResult>(
            new Command { AbortProducer = request, LogAppendTime = settings.IsLogAppendTime }, cancellationToken);
        metrics.TransactionsEnded("forced", result.Aborted ? 1 : 0);
        return result;
    }

    private static CommitOffsetsCall ToMember(CommitTransactionOffsetsCall request)
    {
        var member = new CommitOffsetsCall
        {
            GroupId = request.GroupId, GenerationId = request.GenerationId, MemberId = request.MemberId,
        };
        if (request.HasGroupInstanceId)
        {
            member.GroupInstanceId = request.GroupInstanceId;
        }

        return member;
    }

    private static IEnumerable<int> Refused(int count, ErrorCode error) => Enumerable.Repeat((int)error, count);

    private ErrorCode[] CheckOffsets(CommitTransactionOffsetsCall request)
    {
        var metadataMax = groupLimits.Of(request.GroupId).OffsetMetadataMax;
        return [.. request.Offsets.Select(offset =>
            offset.Metadata.Length > metadataMax ? ErrorCode.OffsetMetadataTooLarge
            : offset.TopicId.Length != 16 ? ErrorCode.UnknownTopicId
            : ErrorCode.None)];
    }

    private long Setting(string name) => node.Read(state => settings.With(state.Configs.DynamicBrokerConfigs)).Long(name);
}
