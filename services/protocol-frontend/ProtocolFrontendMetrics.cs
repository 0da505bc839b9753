using System.Diagnostics;
using System.Diagnostics.Metrics;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Fetching.Sessions;

namespace Spillway.ProtocolFrontend;

/// <summary>Every instrument of the frontend.</summary>
internal sealed class ProtocolFrontendMetrics
{
    public const string MeterName = "Spillway.ProtocolFrontend";

    private readonly Meter _meter;
    private readonly UpDownCounter<long> _connections;
    private readonly Histogram<double> _requestDuration;
    private readonly Counter<long> _producedBytes;
    private readonly Counter<long> _readBytes;
    private readonly Counter<long> _otherZoneWriters;
    private readonly Counter<long> _indexResolvedAgain;
    private readonly Counter<long> _closedAfterFailure;
    private readonly Counter<long> _fetchSessionsEvicted;
    private readonly Counter<long> _telemetryPushes;
    private readonly Counter<long> _telemetryBytes;

    public ProtocolFrontendMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _connections = _meter.CreateUpDownCounter<long>(
            "spillway.frontend.connections", "{connection}", "Open client connections.");
        _requestDuration = _meter.CreateHistogram<double>(
            "spillway.frontend.request.duration", "s", "Time from a request's last byte to its answer, by API.");
        _producedBytes = _meter.CreateCounter<long>(
            "spillway.frontend.produced", "By", "Bytes of record batches that were acknowledged.");
        _readBytes = _meter.CreateCounter<long>(
            "spillway.frontend.read", "By", "Bytes of record batches read for fetches, by where they came from.");
        _otherZoneWriters = _meter.CreateCounter<long>(
            "spillway.frontend.other_zone_writers", "{choice}", "Connections given a writer of another zone, because the own zone had none.");
        _indexResolvedAgain = _meter.CreateCounter<long>(
            "spillway.frontend.index_resolved_again",
            "{lookup}",
            "Lookups at a read barrier because a place that the index named could not be read.");
        _closedAfterFailure = _meter.CreateCounter<long>(
            "spillway.frontend.connections_closed_after_failure",
            "{connection}",
            "Connections closed because a produce ended in an error that clients retry, by error: so nothing passes the retry.");
        _fetchSessionsEvicted = _meter.CreateCounter<long>(
            "spillway.frontend.fetch_sessions_evicted", "{session}", "Fetch sessions that lost their place to another client's.");
        _telemetryPushes = _meter.CreateCounter<long>(
            "spillway.frontend.telemetry_pushes", "{push}", "Pushes of client metrics (KIP-714), by the client's software and Kafka's error.");
        _telemetryBytes = _meter.CreateCounter<long>(
            "spillway.frontend.telemetry", "By", "Bytes of client metrics that were accepted, as compressed, by the client's software.");
    }

    public void ConnectionOpened() => _connections.Add(1);

    public void ConnectionClosed() => _connections.Add(-1);

    public void RequestHandled(ApiKey apiKey, TimeSpan duration)
    {
        if (_requestDuration.Enabled)
        {
            _requestDuration.Record(duration.TotalSeconds, new TagList { { "api", ApiNames.Of(apiKey) } });
        }
    }

    public void IndexResolvedAgain() => _indexResolvedAgain.Add(1);

    public void ClosedAfterFailure(ErrorCode error) =>
        _closedAfterFailure.Add(1, new TagList { { "error", ErrorCodes.KafkaName(error) } });

    public void TelemetryPushed(string software, ErrorCode error, long bytes)
    {
        _telemetryPushes.Add(1, new TagList { { "software", software }, { "error", ErrorCodes.KafkaName(error) } });
        if (error == ErrorCode.None)
        {
            _telemetryBytes.Add(bytes, new TagList { { "software", software } });
        }
    }

    public void FetchSessionEvicted() => _fetchSessionsEvicted.Add(1);

    public void OtherZoneWriterChosen() => _otherZoneWriters.Add(1);

    public void BytesProduced(int bytes) => _producedBytes.Add(bytes);

    public void BytesRead(ReadSource source, long bytes)
    {
        if (bytes > 0 && _readBytes.Enabled)
        {
            _readBytes.Add(bytes, new TagList { { "source", SourceName(source) } });
        }
    }

    /// <summary>Shows how much of a budget is used; gives the budget back.</summary>
    public ByteBudget Observe(ByteBudget budget)
    {
        _meter.CreateObservableGauge(
            "spillway.frontend.in_flight", () => budget.UsedBytes, "By", "Bytes of requests being served.");
        return budget;
    }

    public TailCache Observe(TailCache cache)
    {
        _meter.CreateObservableGauge(
            "spillway.frontend.tail_cache", () => cache.ChargedBytes, "By", "Bytes held by the tail cache.");
        return cache;
    }

    public FetchSessionCache Observe(FetchSessionCache sessions)
    {
        _meter.CreateObservableGauge("spillway.frontend.fetch_sessions", () => sessions.Count, "{session}", "Fetch sessions kept (KIP-227).");
        _meter.CreateObservableGauge(
            "spillway.frontend.fetch_session_partitions",
            () => sessions.PartitionCount,
            "{partition}",
            "Partitions that fetch sessions remember.");
        return sessions;
    }

    private static string SourceName(ReadSource source) => source switch
    {
        ReadSource.TailCache => "tail_cache",
        ReadSource.Wal => "wal",
        ReadSource.Index => "index",
        _ => "object",
    };
}
