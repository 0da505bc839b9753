using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Fetching.Sessions;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Fetch, v4 and later: reads what is there and, while that is less than the client's minimum, waits for metadata's push. What is
/// read and what is answered is the session's business (KIP-227).
/// </summary>
internal sealed partial class FetchHandler(
    FetchSessions sessions,
    FetchTargets targets,
    PreferredReplicas replicas,
    FetchPass pass,
    ConnectionRegistry connections,
    BrokerSettings settings,
    TimeProvider time,
    ILogger<FetchHandler> logger) : IMessageHandler
{
    public ApiKey ApiKey => ApiKey.Fetch;

    public short VersionMin => MessageCatalog.MinVersion(ApiKey.Fetch);

    public short VersionMax => MessageCatalog.MaxStableVersion(ApiKey.Fetch);

    public RequestOrder Order => RequestOrder.AfterPrevious;

    public async ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request)
    {
        var fetch = (FetchRequest)request;
        var opened = sessions.Open(fetch, context.ApiVersion);
        if (opened.Error != ErrorCode.None)
        {
            return new Answer(new FetchResponse { ErrorCode = (short)opened.Error });
        }

        try
        {
            return connections.IsDraining
                ? Fail(opened, ErrorCode.NotLeaderOrFollower)
                : await FetchAsync(context, fetch, opened).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Aborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure) when (failure is RpcException or TimeoutException or OperationCanceledException)
        {
            return Fail(opened, FailureTranslation.ToErrorCode(ApiKey.Fetch, failure));
        }
#pragma warning disable CA1031 // The last line of defence: a bug in one fetch must not close the connection of the others.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            LogBug(logger, bug, context.ClientId);
            return Fail(opened, ErrorCode.UnknownServerError);
        }
    }

    private async ValueTask<Answer> FetchAsync(RequestContext context, FetchRequest fetch, FetchContext opened)
    {
        var began = time.GetTimestamp();
        var resolved = await ResolveAsync(context, fetch, opened).ConfigureAwait(false);
        var maxBytes = Math.Min(fetch.MaxBytes, settings.FetchBytesMax);
        var flowId = string.GetHashCode(context.Connection.Id, StringComparison.Ordinal);
        while (true)
        {
            var lease = new ReadLease();
            try
            {
                var result = await pass.RunAsync(fetch, resolved, new ReadBudget(maxBytes, flowId), lease, context.Aborted).ConfigureAwait(false);
                var left = TimeSpan.FromMilliseconds(fetch.MaxWaitMs) - time.GetElapsedTime(began);
                if (result.Bytes >= fetch.MinBytes || result.IsDue || resolved.Count == 0 || left <= TimeSpan.Zero
                    || connections.IsDraining)
                {
                    var answer = new Answer(opened.Answer(result.Partitions), lease);
                    lease = null;
                    return answer;
                }

                lease.Dispose();
                lease = null;
                await WaitAsync(fetch, resolved, left, context.Aborted).ConfigureAwait(false);
            }
            finally
            {
                lease?.Dispose();
            }
        }
    }

    private async ValueTask<List<FetchTarget>> ResolveAsync(RequestContext context, FetchRequest fetch, FetchContext opened)
    {
        var zone = replicas.FindZone(fetch.RackId, context.ClientId, context.ClientAddress);
        var resolving = targets.ResolveAsync(opened, context.ApiVersion, zone, context.Aborted);
        return resolving.IsCompletedSuccessfully
            ? resolving.Result
            : await resolving.AsTask().WaitAsync(settings.RequestTimeout, time).ConfigureAwait(false);
    }

    // Registers first and looks at the ends after, so that a commit in between is not slept through.
    private async ValueTask WaitAsync(FetchRequest fetch, List<FetchTarget> waiting, TimeSpan longest, CancellationToken aborted)
    {
        var wait = new TailWait();
        await using var byAbort = aborted.UnsafeRegister(Wake, wait).ConfigureAwait(false);
        await using var byDrain = connections.Draining.UnsafeRegister(Wake, wait).ConfigureAwait(false);
        await using var byTime = time.CreateTimer(Wake, wait, longest, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        try
        {
            if (!RegisterAll(fetch, waiting, wait))
            {
                await wait.Moved.ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var target in waiting)
            {
                target.View?.Unregister(wait);
            }
        }

        aborted.ThrowIfCancellationRequested();
    }

    private static bool RegisterAll(FetchRequest fetch, List<FetchTarget> waiting, TailWait wait)
    {
        var (moved, isReadCommitted) = (false, FetchPass.IsReadCommitted(fetch));
        foreach (var target in waiting)
        {
            if (target.View is { } view)
            {
                view.Register(wait);
                moved |= FetchPass.EndOf(FetchPass.OffsetsOf(view, isReadCommitted), isReadCommitted) != target.SeenEndOffset;
            }
        }

        return moved;
    }

    private static void Wake(object? wait) => ((TailWait)wait!).Wake();

    private static Answer Fail(FetchContext opened, ErrorCode error) => new(opened.Answer(opened.Asked.ConvertAll(asked =>
        new FetchedPartition(new FetchTarget(asked, null, error), FetchPass.Failed(asked.Partition.Partition, error)))));

    [LoggerMessage(1310, LogLevel.Error, "Fetch of client {ClientId} failed by a bug")]
    private static partial void LogBug(ILogger logger, Exception bug, string? clientId);
}
