using System.Buffers;
using System.Globalization;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Fetching.Sessions;
using Spillway.Testing;
using Spillway.Testing.Metrics;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching.Sessions;

/// <summary>Sessions of one frontend whose partitions say what the test gives them.</summary>
internal sealed class FetchSessionContext : IDisposable
{
    public static readonly Guid Topic = new("11111111-2222-3333-4444-555555555555");
    private readonly FetchSessions _sessions;

    public FetchSessionContext(int slots = 1000)
    {
        var settings = new BrokerSettings(new BrokerSettingsOptions
        {
            Broker = new Dictionary<string, string>
            {
                ["max.incremental.fetch.session.cache.slots"] = slots.ToString(CultureInfo.InvariantCulture),
            },
        });
        Cache = new FetchSessionCache(settings, new ProtocolFrontendMetrics(Counters), Time);
        _sessions = new FetchSessions(Cache);
    }

    public ManualTimeProvider Time { get; } = new();

    public CounterReadings Counters { get; } = new();

    public FetchSessionCache Cache { get; }

    /// <summary>What each partition has: bytes above the fetch offset, and its offsets. Missing ones are empty.</summary>
    public Dictionary<int, (int Bytes, long HighWatermark, long LastStableOffset, long LogStartOffset, ErrorCode Error)> State { get; } = [];

    /// <summary>The partitions that the last request read, in the order of reading, with the offsets asked for.</summary>
    public List<(int Partition, long Offset)> LastRead { get; private set; } = [];

    /// <summary>At most so many partitions are given records in one answer, the first ones.</summary>
    public int ServedMax { get; set; } = int.MaxValue;

    public void Dispose() => Counters.Dispose();

    public static FetchRequest Request(int sessionId, int epoch, params int[] partitions) =>
        Request(sessionId, epoch, partitions.Select(static partition => (partition, 0L)));

    public static FetchRequest Request(int sessionId, int epoch, IEnumerable<(int Partition, long Offset)> partitions, params int[] forgotten)
    {
        var request = new FetchRequest { SessionId = sessionId, SessionEpoch = epoch };
        var topic = new FetchRequest.FetchTopic { TopicId = Topic };
        topic.Partitions.AddRange(partitions.Select(static asked => new FetchRequest.FetchPartition
        {
            Partition = asked.Partition, FetchOffset = asked.Offset, PartitionMaxBytes = 1000,
        }));
        if (topic.Partitions.Count > 0)
        {
            request.Topics.Add(topic);
        }

        if (forgotten.Length > 0)
        {
            var gone = new FetchRequest.ForgottenTopic { TopicId = Topic };
            gone.Partitions.AddRange(forgotten);
            request.ForgottenTopicsData.Add(gone);
        }

        return request;
    }

    public FetchResponse Fetch(FetchRequest request, short version = 13)
    {
        var opened = _sessions.Open(request, version);
        if (opened.Error != ErrorCode.None)
        {
            return new FetchResponse { ErrorCode = (short)opened.Error };
        }

        return opened.Answer(Read(opened));
    }

    /// <summary>The request's context before it is answered.</summary>
    public FetchContext Open(FetchRequest request, short version = 13) => _sessions.Open(request, version);

    public List<FetchedPartition> Read(FetchContext opened)
    {
        LastRead = opened.Asked.ConvertAll(static asked => (asked.Partition.Partition, asked.Partition.FetchOffset));
        var served = 0;
        return opened.Asked.ConvertAll(asked =>
        {
            var state = State.GetValueOrDefault(asked.Partition.Partition);
            var bytes = state.Bytes > 0 && served++ < ServedMax ? state.Bytes : 0;
            return new FetchedPartition(new FetchTarget(asked, null, state.Error), new FetchResponse.PartitionData
            {
                PartitionIndex = asked.Partition.Partition,
                ErrorCode = (short)state.Error,
                HighWatermark = state.HighWatermark,
                LastStableOffset = state.LastStableOffset,
                LogStartOffset = state.LogStartOffset,
                Records = new ReadOnlySequence<byte>(new byte[bytes]),
            });
        });
    }

    /// <summary>Begins a session with the partitions.</summary>
    public int Begin(params int[] partitions)
    {
        var response = Fetch(Request(0, 0, partitions));
        Assert.Equal(0, response.ErrorCode);
        return response.SessionId;
    }

    public static IEnumerable<int> PartitionsOf(FetchResponse response) =>
        response.Responses.SelectMany(static topic => topic.Partitions).Select(static partition => partition.PartitionIndex);
}
