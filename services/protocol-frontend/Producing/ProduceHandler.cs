using System.Diagnostics.CodeAnalysis;
using System.Text;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Produce;
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
/// in the order they came, and so are they sequenced. After a failure that the client retries nothing more of the connection is
/// submitted (<see cref="ProduceOrder"/>).
/// </summary>
internal sealed partial class ProduceHandler(
    ClusterView cluster,
    RoutingView routes,
    IWriters writers,
    TailCache cache,
    PartitionViews views,
    ConnectionRegistry connections,
    BrokerSettings settings,
    ProtocolFrontendOptions options,
    TimeProvider time,
    ProtocolFrontendMetrics metrics,
    ILogger<ProduceHandler> logger) : IFrameHandler
{
    // Longer than librdkafka's reconnect.backoff.max.ms: connections that close because there is no writer close so seldom that its
    // backoff begins anew each time.
    private static readonly TimeSpan WriterWait = TimeSpan.FromSeconds(15);

    // Only where there is no writer at hand.
    private static readonly TimeSpan WriterPollPeriod = TimeSpan.FromMilliseconds(25);

    public ApiKey ApiKey => ApiKey.Produce;

    public short VersionMin => MessageCatalog.MinVersion(ApiKey.Produce);

    public short VersionMax => MessageCatalog.MaxStableVersion(ApiKey.Produce);

    public TimeProvider Time => time;

    public PendingRequest Read(KafkaConnection connection, SharedBuffer frame, short apiVersion)
    {
        var call = connection.State.ProduceCalls.TryTake() ?? new ProduceCall(connection, this);
        call.Read(frame, apiVersion);
        return call;
    }

    /// <summary>
    /// Submits the call to a writer, at once where that is possible, else when what it waits for is there; the next produce of the
    /// connection then waits for it. Called in the order of the connection's requests.
    /// </summary>
    public void Begin(ProduceCall call)
    {
        if (call.Request.Acks is < -1 or > 1)
        {
            call.Refuse(ErrorCode.InvalidRequiredAcks);
            return;
        }

        if (TryRefuse(call))
        {
            return;
        }

        var state = call.Connection.State;
        var previous = state.LastProduceSubmitted;
        var image = cluster.Image;
        var isPlanned = previous.IsCompleted && ProducePlanner.KnowsAll(image, call);
        if (isPlanned)
        {
            ProducePlanner.Plan(image, call, options.RecordChecks, NowMs());
            if (TrySubmit(call))
            {
                return;
            }
        }

        var submitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        state.LastProduceSubmitted = submitted.Task;
        _ = BeginLateAsync(call, isPlanned, previous, submitted);
    }

    /// <summary>
    /// A produce failed and the client will retry it. What it has sent behind that and does not know the end of would pass the retry: all
    /// of it is refused, and the client begins again on another connection.
    /// </summary>
    public void CloseAfterFailure(KafkaConnection connection, ErrorCode error)
    {
        metrics.ClosedAfterFailure(error);
        LogClosing(logger, connection.Id, error);
        connection.StopReading();
    }

    /// <summary>The longest that a client is kept waiting.</summary>
    public TimeSpan WaitAtMost(ProduceRequestFrame request) =>
        TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, settings.RequestTimeout.TotalMilliseconds));

    /// <summary>The writer has taken the batches: gives the partitions their results, and readers of this frontend the bytes.</summary>
    public void Take(ProduceCall call, ReadOnlySpan<BatchAppendResult> appended)
    {
        var next = 0;
        var targets = call.Targets;
        var results = call.Results;
        for (var i = 0; i < targets.Length; i++)
        {
            if (targets[i].IsAccepted)
            {
                Take(call, targets[i], appended[next++], ref results[i]);
            }
        }
    }

    public void NoteHandled(TimeSpan duration) => metrics.RequestHandled(ApiKey.Produce, duration);

    [SuppressMessage("Design", "CA1031", Justification = "It goes to the responder, which closes the connection.")]
    private async Task BeginLateAsync(ProduceCall call, bool isPlanned, Task previous, TaskCompletionSource submitted)
    {
        try
        {
            await previous.ConfigureAwait(false);
            if (!TryRefuse(call) && (isPlanned || await TryPlanAsync(call).ConfigureAwait(false)))
            {
                await SubmitLateAsync(call).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            call.Fail(failure);
        }
        finally
        {
            submitted.SetResult();
        }
    }

    private async ValueTask<bool> TryPlanAsync(ProduceCall call)
    {
        try
        {
            var image = cluster.Image;
            if (!ProducePlanner.KnowsAll(image, call))
            {
                image = await cluster.GetCurrentAsync(call.Connection.Aborted).WaitAsync(settings.RequestTimeout, time).ConfigureAwait(false);
            }

            ProducePlanner.Plan(image, call, options.RecordChecks, NowMs());
            return true;
        }
        catch (Exception failure) when (failure is RpcException or TimeoutException)
        {
            call.Refuse(FailureTranslation.ToErrorCode(ApiKey.Produce, failure));
            return false;
        }
    }

    /// <summary>Whether it must not be sent at all; then it has ended.</summary>
    private bool TryRefuse(ProduceCall call)
    {
        var refusal = call.Connection.State.Order.Failure;
        if (refusal == ErrorCode.None && connections.IsDraining)
        {
            refusal = ErrorCode.NotLeaderOrFollower;
        }

        if (refusal == ErrorCode.None)
        {
            return false;
        }

        call.Refuse(refusal);
        return true;
    }

    /// <summary>
    /// Submits as soon as there is a writer. To refuse at once would make clients come back again and again, and librdkafka waits longer
    /// each time, up to 10 s: longer than it takes until there is a writer.
    /// </summary>
    private async ValueTask SubmitLateAsync(ProduceCall call)
    {
        while (!TryRefuse(call) && !TrySubmit(call))
        {
            if (call.Age >= WriterWait || call.Age >= WaitAtMost(call.Request))
            {
                call.Refuse(ErrorCode.KafkaStorageError);
                return;
            }

            await Task.Delay(WriterPollPeriod, time, call.Connection.Aborted).ConfigureAwait(false);
        }
    }

    /// <summary>False when there is no writer now; else the call is a writer's, or has ended.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The last line of defence: one request must not close the connection of the others.")]
    private bool TrySubmit(ProduceCall call)
    {
        try
        {
            if (call.Batches.Count == 0)
            {
                call.Refuse(ErrorCode.None);
            }
            else if (FindWriter(call.Connection) is { } writer)
            {
                call.AppendTo(writer);
            }
            else
            {
                return false;
            }
        }
        catch (Exception bug)
        {
            LogBug(logger, bug, call.Request.ClientId is { } id ? Encoding.UTF8.GetString(id.Span) : null);
            call.Refuse(ErrorCode.UnknownServerError);
        }

        return true;
    }

    private IAppendStream? FindWriter(KafkaConnection connection)
    {
        var state = connection.State;
        return state.Writer switch
        {
            { IsBroken: false } current => current,

            // What it has not answered may fail yet: until that is known nothing goes another way.
            not null when state.Order.HasUnresolved => null,
            _ => state.Writer = writers.Choose(connection.Id),
        };
    }

    private void Take(ProduceCall call, in ProduceTarget target, in BatchAppendResult appended, ref ProducePartitionResult result)
    {
        if (appended.Error != ErrorCode.None)
        {
            var error = HasOvertaken(appended.Error) ? ErrorCode.NotLeaderOrFollower : appended.Error;
            ProduceErrors.Set(ref result, result.Index, error, appended.ErrorMessage);
            if (ProduceErrors.LosesOrder(error))
            {
                call.LoseOrder(error);
            }

            return;
        }

        result.BaseOffset = appended.BaseOffset;
        result.LogStartOffset = appended.LogStartOffset;
        metrics.BytesProduced(target.Batch.Length);
        if (appended.IsDuplicate)
        {
            // What lies at those offsets is the first try's bytes; a retry need not be equal to it, byte for byte.
            return;
        }

        var lastOffset = appended.BaseOffset + target.LastOffsetDelta;
        RecordBatchBytes.SetBaseOffset(target.Batch.Span, appended.BaseOffset);
        RecordBatchBytes.SetPartitionLeaderEpoch(target.Batch.Span, 0);
        cache.Add(target.LogId, appended.BaseOffset, lastOffset, call.Frame, target.Batch);

        // The last stable offset is metadata's to tell: this batch may be part of an open transaction.
        views.Find(target.LogId)?.LearnProduced(lastOffset + 1);
    }

    /// <summary>
    /// A batch out of order may have passed the one before it, which goes through the frontend that led the partition until just now, and ends
    /// well. Were the client told the truth, librdkafka would then give up for good. What is on its way has ended after the request timeout.
    /// </summary>
    private bool HasOvertaken(ErrorCode error) =>
        error == ErrorCode.OutOfOrderSequenceNumber && routes.HasMovedWithin(settings.RequestTimeout);

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1401, LogLevel.Error, "Produce of client {ClientId} failed by a bug")]
    private static partial void LogBug(ILogger logger, Exception bug, string? clientId);

    [LoggerMessage(1402, LogLevel.Information, "A produce on connection {ConnectionId} ended in {Error}; closing it behind the answer")]
    private static partial void LogClosing(ILogger logger, string connectionId, ErrorCode error);
}
