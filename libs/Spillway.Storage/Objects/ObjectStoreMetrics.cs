using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Spillway.Storage.Objects;

/// <summary>
/// What a process asks of its object store: requests by kind and outcome, bytes, seconds. Requests are money, so they are counted as the
/// store bills them. Thread-safe.
/// </summary>
public sealed class ObjectStoreMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Spillway.ObjectStore";

    private static readonly string[] KindNames = [.. Enum.GetNames<ObjectRequestKind>().Select(n => n.ToLowerInvariant())];

    private readonly Counter<long> _requests;
    private readonly Counter<long> _bytesSent;
    private readonly Counter<long> _bytesReceived;
    private readonly Histogram<double> _duration;

    /// <summary>Makes the instruments.</summary>
    public ObjectStoreMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _requests = meter.CreateCounter<long>(
            "spillway.object_store.requests", "{request}", "Requests to the object store, as it bills them.");
        _bytesSent = meter.CreateCounter<long>("spillway.object_store.sent", "By", "Payload bytes stored.");
        _bytesReceived = meter.CreateCounter<long>("spillway.object_store.received", "By", "Payload bytes read.");
        _duration = meter.CreateHistogram<double>(
            "spillway.object_store.request.duration", "s", "Time of a request, with its retries.");
    }

    internal void RequestSucceeded(ObjectRequestKind kind, long startedTimestamp, long sentBytes = 0, long receivedBytes = 0)
    {
        RequestEnded(kind, "ok", startedTimestamp);
        if (sentBytes > 0)
        {
            _bytesSent.Add(sentBytes);
        }

        if (receivedBytes > 0)
        {
            _bytesReceived.Add(receivedBytes);
        }
    }

    internal void RequestFailed(ObjectRequestKind kind, long startedTimestamp, string outcome) =>
        RequestEnded(kind, outcome, startedTimestamp);

    private void RequestEnded(ObjectRequestKind kind, string outcome, long startedTimestamp)
    {
        var tags = new TagList { { "kind", KindNames[(int)kind] }, { "outcome", outcome } };
        _requests.Add(1, tags);
        if (_duration.Enabled)
        {
            _duration.Record(Stopwatch.GetElapsedTime(startedTimestamp).TotalSeconds, tags);
        }
    }
}
