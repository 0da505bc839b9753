using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Fetch, v4 and later: reads what is there and, while that is less than the client's minimum, waits for metadata's push. No fetch
/// sessions are kept (session id 0), which KIP-227 allows.
/// </summary>
internal sealed partial class FetchHandler(
    FetchTargets targets,
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
        try
        {
            return fetch.SessionId != 0
                ? new Answer(new FetchResponse { ErrorCode = (short)ErrorCode.FetchSessionIdNotFound })
                : connections.IsDraining ? new Answer(Fail(fetch, ErrorCode.NotLeaderOrFollower))
                : await FetchAsync(context, fetch).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Aborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure) when (failure is RpcException or TimeoutException or OperationCanceledException)
        {
            return new Answer(Fail(fetch, FailureTranslation.ToErrorCode(ApiKey.Fetch, failure)));
        }
#pragma warning disable CA1031 // The last line of defence: a bug in one fetch must not close the connection of the others.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            LogBug(logger, bug, context.ClientId);
            return new Answer(Fail(fetch, ErrorCode.UnknownServerError));
        }
    }

    private async ValueTask<Answer> FetchAsync(RequestContext context, FetchRequest fetch)
    {
        var began = time.GetTimestamp();
        var resolved = await ResolveAsync(context, AskedPartition.Of(fetch)).ConfigureAwait(false);
        var maxBytes = Math.Min(fetch.MaxBytes, settings.FetchBytesMax);
        while (true)
        {
            var lease = new ReadLease();
            try
            {
                var result = await pass.RunAsync(fetch, resolved, maxBytes, lease, context.Aborted).ConfigureAwait(false);
                var left = TimeSpan.FromMilliseconds(fetch.MaxWaitMs) - time.GetElapsedTime(began);
                if (result.Bytes >= fetch.MinBytes || result.HasError || resolved.Count == 0 || left <= TimeSpan.Zero
                    || connections.IsDraining)
                {
                    var answer = new Answer(result.Response, lease);
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

    private async ValueTask<List<FetchTarget>> ResolveAsync(RequestContext context, List<AskedPartition> asked)
    {
        var resolving = targets.ResolveAsync(asked, context.ApiVersion, context.Aborted);
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
        var moved = false;
        foreach (var target in waiting)
        {
            if (target.View is { } view)
            {
                view.Register(wait);
                moved |= FetchPass.EndOf(fetch, view.Offsets) != target.SeenEndOffset;
            }
        }

        return moved;
    }

    private static void Wake(object? wait) => ((TailWait)wait!).Wake();

    private static FetchResponse Fail(FetchRequest fetch, ErrorCode error)
    {
        var response = new FetchResponse();
        foreach (var topic in fetch.Topics)
        {
            var failed = new FetchResponse.FetchableTopicResponse { Topic = topic.Topic, TopicId = topic.TopicId };
            foreach (var partition in topic.Partitions)
            {
                failed.Partitions.Add(FetchPass.Failed(partition.Partition, error));
            }

            response.Responses.Add(failed);
        }

        return response;
    }

    [LoggerMessage(1310, LogLevel.Error, "Fetch of client {ClientId} failed by a bug")]
    private static partial void LogBug(ILogger logger, Exception bug, string? clientId);
}
