using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Spillway.Storage.Objects;

/// <summary>
/// What a process asks of its object store: requests by kind, outcome and cause, bytes, seconds. Requests are money, so they are
/// counted as the store bills them: every attempt. Thread-safe.
/// </summary>
public sealed class ObjectStoreMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Spillway.ObjectStore";

    private static readonly string[] KindNames = [.. Enum.GetNames<ObjectRequestKind>().Select(n => n.ToLowerInvariant())];
    private static readonly string[] CauseNames = [.. Enum.GetNames<RequestCause>().Select(n => n.ToLowerInvariant())];

    private readonly Counter<long> _requests;
    private readonly Counter<long> _bytesSent;
    private readonly Counter<long> _bytesReceived;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _retriesRefused;
    private readonly Meter _meter;

    /// <summary>Makes the instruments.</summary>
    public ObjectStoreMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = _meter = meters.Create(MeterName);
        _requests = meter.CreateCounter<long>(
            "spillway.object_store.requests", "{request}", "Requests to the object store, as it bills them.");
        _bytesSent = meter.CreateCounter<long>("spillway.object_store.sent", "By", "Payload bytes stored.");
        _bytesReceived = meter.CreateCounter<long>("spillway.object_store.received", "By", "Payload bytes read.");
        _duration = meter.CreateHistogram<double>(
            "spillway.object_store.request.duration", "s", "Time of one attempt of a request.");
        _retries = meter.CreateCounter<long>("spillway.object_store.retries", "{request}", "Requests tried again.");
        _retriesRefused = meter.CreateCounter<long>(
            "spillway.object_store.retries.refused", "{request}", "Requests given up since the budget of retries was empty.");
    }

    /// <summary>Shows the windows of a store: what they allow, what is under way, what waits.</summary>
    internal void Observe(RequestWindow reads, RequestWindow writes)
    {
        ObserveWindows("spillway.object_store.window", "Requests that may be under way; a store that throttles halves it.", static w => w.Limit);
        ObserveWindows("spillway.object_store.in_flight", "Requests under way.", static w => w.InFlight);
        ObserveWindows("spillway.object_store.waiting", "Requests that wait for the window.", static w => w.Waiting);

        void ObserveWindows(string name, string description, Func<RequestWindow, int> read) => _meter.CreateObservableGauge(
            name,
            () => new Measurement<int>[]
            {
                new(read(reads), new KeyValuePair<string, object?>("direction", "read")),
                new(read(writes), new KeyValuePair<string, object?>("direction", "write")),
            },
            "{request}",
            description);
    }

    internal void Retried(ObjectRequestKind kind, RequestCause cause) => _retries.Add(1, TagsOf(kind, cause));

    internal void RetryRefused(ObjectRequestKind kind, RequestCause cause) => _retriesRefused.Add(1, TagsOf(kind, cause));

    internal void RequestSucceeded(
        ObjectRequestKind kind, RequestCause cause, long startedTimestamp, long sentBytes = 0, long receivedBytes = 0)
    {
        RequestEnded(kind, cause, "ok", startedTimestamp);
        if (sentBytes > 0)
        {
            _bytesSent.Add(sentBytes, new TagList { { "cause", CauseNames[(int)cause] } });
        }

        if (receivedBytes > 0)
        {
            _bytesReceived.Add(receivedBytes, new TagList { { "cause", CauseNames[(int)cause] } });
        }
    }

    internal void RequestFailed(ObjectRequestKind kind, RequestCause cause, long startedTimestamp, string outcome) =>
        RequestEnded(kind, cause, outcome, startedTimestamp);

    private void RequestEnded(ObjectRequestKind kind, RequestCause cause, string outcome, long startedTimestamp)
    {
        var tags = new TagList
        {
            { "kind", KindNames[(int)kind] },
            { "outcome", outcome },
            { "cause", CauseNames[(int)cause] },
        };
        _requests.Add(1, tags);
        if (_duration.Enabled)
        {
            _duration.Record(Stopwatch.GetElapsedTime(startedTimestamp).TotalSeconds, tags);
        }
    }

    private static TagList TagsOf(ObjectRequestKind kind, RequestCause cause) =>
        new() { { "kind", KindNames[(int)kind] }, { "cause", CauseNames[(int)cause] } };
}
