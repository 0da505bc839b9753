using System.Diagnostics;

namespace Spillway.Storage.Objects;

/// <summary>
/// Runs the requests of one process: each attempt within a time, inside the window of its direction and counted; what may pass is tried again
/// after a wait, under a budget. The SDK's own retries are off, since it would retry unseen: not billed, and against a store that said slow down.
/// Thread-safe.
/// </summary>
internal sealed class S3Requests
{
    private readonly S3StoreOptions _options;
    private readonly ObjectStoreMetrics? _metrics;
    private readonly TimeProvider _time;
    private readonly RetryBudget _budget;
    private readonly RetryBackoff _backoff;

    public S3Requests(S3StoreOptions options, ObjectStoreMetrics? metrics, TimeProvider time, Random random)
    {
        (_options, _metrics, _time) = (options, metrics, time);
        _budget = new RetryBudget(time);
        _backoff = new RetryBackoff(random);
        Reads = new RequestWindow(options.ConcurrentRequestsMax);
        Writes = new RequestWindow(options.ConcurrentRequestsMax);
        metrics?.Observe(Reads, Writes);
    }

    public RequestWindow Reads { get; }

    public RequestWindow Writes { get; }

    /// <summary>
    /// Runs attempts until one ends well or the last one failed. An attempt makes its request anew, body included, and says how many payload
    /// bytes it sent and received; <paramref name="bodyBytes"/> is how many it is to send, which takes its time.
    /// </summary>
    public async Task<T> RunAsync<T>(
        ObjectRequestKind kind,
        RequestCause cause,
        string key,
        long bodyBytes,
        Func<CancellationToken, Task<(T Result, long SentBytes, long ReceivedBytes)>> attempt,
        CancellationToken cancellationToken)
    {
        for (var retry = 1; ; retry++)
        {
            try
            {
                return await RunOnceAsync(kind, cause, key, bodyBytes, attempt, cancellationToken);
            }
            catch (ObjectStoreUnavailableException e) when (retry <= _options.RetriesMax && S3Failures.MayPass(e))
            {
                if (!_budget.TryTake())
                {
                    _metrics?.RetryRefused(kind, cause);
                    throw;
                }

                _metrics?.Retried(kind, cause);
                await Task.Delay(_backoff.Next(retry, S3Failures.IsThrottle(e.InnerException)), _time, cancellationToken);
            }
        }
    }

    private async Task<T> RunOnceAsync<T>(
        ObjectRequestKind kind,
        RequestCause cause,
        string key,
        long bodyBytes,
        Func<CancellationToken, Task<(T Result, long SentBytes, long ReceivedBytes)>> attempt,
        CancellationToken cancellationToken)
    {
        var window = kind is ObjectRequestKind.Get or ObjectRequestKind.Head or ObjectRequestKind.List ? Reads : Writes;
        var turn = await window.EnterAsync(cancellationToken);
        var end = RequestTurnEnd.Unknown;
        // The SDK's timeout ends with an answer's headers: a body that stops arriving would be waited for without end.
        using var timeout = new CancellationTokenSource(_options.TimeoutOf(bodyBytes), _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var startedTimestamp = Stopwatch.GetTimestamp();
        try
        {
            var (result, sentBytes, receivedBytes) = await attempt(linked.Token);
            end = RequestTurnEnd.Ok;
            _budget.RequestSucceeded();
            _metrics?.RequestSucceeded(kind, cause, startedTimestamp, sentBytes, receivedBytes);
            return result;
        }
        catch (Exception e) when (S3Failures.IsExpected(e, cancellationToken))
        {
            var isThrottle = S3Failures.IsThrottle(e);
            end = isThrottle ? RequestTurnEnd.Throttled : RequestTurnEnd.Unknown;
            var failure = S3Failures.Translate(key, e);
            _metrics?.RequestFailed(kind, cause, startedTimestamp, isThrottle ? "throttled" : S3Failures.OutcomeOf(failure));
            throw failure;
        }
        catch (OperationCanceledException)
        {
            // It was sent, so it is on the bill.
            _metrics?.RequestFailed(kind, cause, startedTimestamp, "cancelled");
            throw;
        }
        finally
        {
            window.End(turn, end);
        }
    }
}
