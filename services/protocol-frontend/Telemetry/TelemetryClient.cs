using Spillway.Kafka.Errors;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>
/// What a client instance was told to push, and when it was last heard of: the rules of KIP-714 about who may ask and push when, as Kafka's
/// broker has them. Not thread-safe; <see cref="TelemetryClients"/> holds the lock.
/// </summary>
internal sealed class TelemetryClient(int subscriptionId, List<string> metrics, int pushIntervalMs)
{
    private long? _lastAskedMs;
    private long? _lastPushedMs;
    private bool _terminating;
    private ErrorCode _lastError = ErrorCode.None;

    public int SubscriptionId { get; } = subscriptionId;

    public List<string> Metrics { get; } = metrics;

    public int PushIntervalMs { get; } = pushIntervalMs;

    /// <summary>The client asks for its subscription.</summary>
    public ErrorCode Ask(long nowMs)
    {
        var last = Math.Max(_lastAskedMs ?? long.MinValue, _lastPushedMs ?? long.MinValue);
        var tooSoon = last > long.MinValue && nowMs - last < PushIntervalMs;

        // Who was told that its subscription is not the one, or its codec, has to ask at once.
        if (tooSoon && _lastError is not (ErrorCode.UnknownSubscriptionId or ErrorCode.UnsupportedCompressionType))
        {
            return ErrorCode.ThrottlingQuotaExceeded;
        }

        if (!tooSoon)
        {
            _lastAskedMs = nowMs;
        }

        _lastError = ErrorCode.None;
        return ErrorCode.None;
    }

    /// <summary>The client pushes. Pushes come with jitter, so the first one after asking is never too soon.</summary>
    public ErrorCode Push(long nowMs, int subscriptionId, sbyte compressionType, long metricsBytes, long metricsBytesMax, bool terminating)
    {
        _lastError = Judge(nowMs, subscriptionId, compressionType, metricsBytes, metricsBytesMax, terminating);
        _terminating |= terminating;
        return _lastError;
    }

    private ErrorCode Judge(
        long nowMs, int subscriptionId, sbyte compressionType, long metricsBytes, long metricsBytesMax, bool terminating)
    {
        if (_terminating)
        {
            return ErrorCode.InvalidRequest;
        }

        if (IsTooSoon(nowMs))
        {
            if (!terminating)
            {
                return ErrorCode.ThrottlingQuotaExceeded;
            }
        }
        else
        {
            _lastPushedMs = nowMs;
        }

        return subscriptionId != SubscriptionId ? ErrorCode.UnknownSubscriptionId
            : !Enum.IsDefined((Kafka.Compression.CompressionType)compressionType) ? ErrorCode.UnsupportedCompressionType
            : metricsBytes > metricsBytesMax ? ErrorCode.TelemetryTooLarge
            : ErrorCode.None;
    }

    private bool IsTooSoon(long nowMs) => _lastPushedMs is { } pushed
        && !(_lastAskedMs is { } asked && asked > pushed)
        && nowMs - pushed < PushIntervalMs;
}
