using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// Produce, v3 and later. Requests of a connection run ahead of one another's results; they are submitted to the connection's writer
/// in the order they came, and so are they sequenced.
/// </summary>
internal sealed partial class ProduceHandler(
    ClusterView cluster,
    IWriters writers,
    TailCache cache,
    PartitionViews views,
    ConnectionRegistry connections,
    BrokerSettings settings,
    TimeProvider time,
    ProtocolFrontendMetrics metrics,
    ILogger<ProduceHandler> logger) : IMessageHandler
{
    public ApiKey ApiKey => ApiKey.Produce;

    public short VersionMin => MessageCatalog.MinVersion(ApiKey.Produce);

    public short VersionMax => MessageCatalog.MaxStableVersion(ApiKey.Produce);

    public RequestOrder Order => RequestOrder.Ahead;

    public async ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request)
    {
        var produce = (ProduceRequest)request;
        ProducePlan plan;
        if (produce.Acks is < -1 or > 1)
        {
            plan = Refuse(produce, context, ErrorCode.InvalidRequiredAcks);
        }
        else if (connections.IsDraining)
        {
            plan = Refuse(produce, context, ErrorCode.NotLeaderOrFollower);
        }
        else
        {
            plan = await ProduceAsync(context, produce).ConfigureAwait(false);
        }

        return produce.Acks == 0
            ? Answer.Silent with { ClosesConnection = plan.HasError }
            : new Answer(ProduceResponses.Make(plan, context.ApiVersion));
    }

    // Until the first await this runs in the order of the connection's requests; what cannot be submitted there makes the
    // next produce of the connection wait for it.
    private async ValueTask<ProducePlan> ProduceAsync(RequestContext context, ProduceRequest produce)
    {
        var state = context.Connection.State;
        var previous = state.LastProduceSubmitted;
        if (previous.IsCompleted && ProducePlanner.KnowsAll(cluster.Image, produce, context.ApiVersion))
        {
            var plan = ProducePlanner.Plan(cluster.Image, produce, context.ApiVersion, NowMs());
            return await CompleteAsync(context, plan, Submit(context, plan)).ConfigureAwait(false);
        }

        var submitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        state.LastProduceSubmitted = submitted.Task;
        ProducePlan late;
        ValueTask<AppendResult> appended;
        try
        {
            await previous.ConfigureAwait(false);
            late = await PlanAtBarrierAsync(context, produce).ConfigureAwait(false);
            appended = Submit(context, late);
        }
        finally
        {
            submitted.SetResult();
        }

        return await CompleteAsync(context, late, appended).ConfigureAwait(false);
    }

    private async ValueTask<ProducePlan> PlanAtBarrierAsync(RequestContext context, ProduceRequest produce)
    {
        try
        {
            var image = cluster.Image;
            if (!ProducePlanner.KnowsAll(image, produce, context.ApiVersion))
            {
                image = await cluster.GetCurrentAsync(context.Aborted).WaitAsync(settings.RequestTimeout, time).ConfigureAwait(false);
            }

            return ProducePlanner.Plan(image, produce, context.ApiVersion, NowMs());
        }
        catch (Exception failure) when (failure is RpcException or TimeoutException)
        {
            return Refuse(produce, context, FailureTranslation.ToErrorCode(ApiKey.Produce, failure));
        }
    }

    private ValueTask<AppendResult> Submit(RequestContext context, ProducePlan plan)
    {
        if (plan.Batches.Count == 0)
        {
            return ValueTask.FromResult(AppendResult.Of([]));
        }

        var writer = writers.Choose(context.Connection.State, context.Connection.Id);
        if (writer is null)
        {
            return ValueTask.FromResult(AppendResult.Failed(ErrorCode.KafkaStorageError));
        }

        var request = new AppendRequest
        {
            Owner = context.Frame,
            Batches = plan.Batches,
            TransactionalId = plan.Request.TransactionalId,
            TransactionVersion = TransactionVersion(context.ApiVersion, plan.Request),
        };
        return writer.AppendAsync(request, CancellationToken.None);
    }

    // KIP-890: from Produce v12 on the append itself adds the partition to the transaction.
    private static int TransactionVersion(short apiVersion, ProduceRequest request) =>
        request.TransactionalId is null ? 0 : apiVersion >= 12 ? 2 : 1;

    private async ValueTask<ProducePlan> CompleteAsync(RequestContext context, ProducePlan plan, ValueTask<AppendResult> appending)
    {
        AppendResult result;
        try
        {
            result = appending.IsCompleted
                ? await appending.ConfigureAwait(false)
                : await appending.AsTask().WaitAsync(WaitAtMost(plan.Request), time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The outcome is not known: it may be committed yet, and a retry of an idempotent producer will find out.
            result = AppendResult.Failed(ErrorCode.RequestTimedOut);
        }
        catch (RpcException failure)
        {
            LogWriterFailed(logger, failure.Message);
            result = AppendResult.Failed(ErrorCode.KafkaStorageError);
        }
#pragma warning disable CA1031 // The last line of defence: one request must not close the connection of the others.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            LogBug(logger, bug, context.ClientId);
            result = AppendResult.Failed(ErrorCode.UnknownServerError);
        }

        Take(context, plan, result);
        return plan;
    }

    private TimeSpan WaitAtMost(ProduceRequest produce) =>
        TimeSpan.FromMilliseconds(Math.Max(produce.TimeoutMs, settings.RequestTimeout.TotalMilliseconds));

    private void Take(RequestContext context, ProducePlan plan, AppendResult result)
    {
        var position = 0;
        foreach (ref var target in plan.Targets.AsSpan())
        {
            if (!target.IsAccepted)
            {
                continue;
            }

            if (result.Error != ErrorCode.None)
            {
                target.Error = result.Error;
                continue;
            }

            Take(context, ref target, result.Batches[position++]);
        }
    }

    private void Take(RequestContext context, ref ProduceTarget target, in BatchAppendResult result)
    {
        target.Error = result.Error;
        target.ErrorMessage = result.ErrorMessage;
        target.BaseOffset = result.BaseOffset;
        target.LogStartOffset = result.LogStartOffset;
        if (result.Error != ErrorCode.None)
        {
            return;
        }

        metrics.BytesProduced(target.Batch.Length);
        if (result.IsDuplicate)
        {
            // What lies at those offsets is the first try's bytes; a retry need not be equal to it, byte for byte.
            return;
        }

        var lastOffset = result.BaseOffset + target.Header.LastOffsetDelta;
        RecordBatchBytes.SetBaseOffset(target.Batch.Span, result.BaseOffset);
        RecordBatchBytes.SetPartitionLeaderEpoch(target.Batch.Span, 0);
        cache.Add(target.LogId, result.BaseOffset, lastOffset, context.Frame, target.Batch);

        // The last stable offset is metadata's to tell: this batch may be part of an open transaction.
        views.Find(target.LogId)?.Learn(new PartitionOffsets(result.LogStartOffset, lastOffset + 1, 0));
    }

    private static ProducePlan Refuse(ProduceRequest produce, RequestContext context, ErrorCode error)
    {
        var plan = ProducePlanner.Plan(ClusterImage.Empty, produce, context.ApiVersion, 0);
        foreach (ref var target in plan.Targets.AsSpan())
        {
            target.Error = error;
        }

        return plan;
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1400, LogLevel.Warning, "The writer failed a produce: {Reason}")]
    private static partial void LogWriterFailed(ILogger logger, string reason);

    [LoggerMessage(1401, LogLevel.Error, "Produce of client {ClientId} failed by a bug")]
    private static partial void LogBug(ILogger logger, Exception bug, string? clientId);
}
