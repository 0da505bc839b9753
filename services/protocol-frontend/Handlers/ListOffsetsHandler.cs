using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>
/// ListOffsets: latest, earliest, by time, the record with the greatest time (KIP-734), earliest local and latest tiered (KIP-405),
/// earliest that is still to be tiered (KIP-1023).
/// Always from a current state, or end offsets would go back and forth between frontends.
/// </summary>
internal sealed class ListOffsetsHandler(
    ClusterView cluster, IPartitionIndexService index, TimestampScan scan, ContainerDirectory containers, ILogger<ListOffsetsHandler> logger)
    : ApiHandler<ListOffsetsRequest, ListOffsetsResponse>(logger)
{
    private const long LatestTimestamp = -1;
    private const long MaxTimestamp = -3;
    private const long LatestTieredTimestamp = -5;
    private const long EarliestPendingUploadTimestamp = -6;
    private const short LeaderEpochVersion = 4;

    public override ApiKey ApiKey => ApiKey.ListOffsets;

    protected override async ValueTask<ListOffsetsResponse> HandleAsync(RequestContext context, ListOffsetsRequest request)
    {
        var image = await cluster.GetKnowingAsync(
            known => request.Topics.TrueForAll(topic => known.Knows(topic.Name, topic.Partitions.Select(static partition => partition.PartitionIndex))),
            context.Aborted).ConfigureAwait(false);
        var call = new ListLogOffsetsRequest();
        var waiting = new List<ListOffsetsResponse.ListOffsetsPartitionResponse>();
        var response = Prepare(image, request, context.ApiVersion, call, waiting);
        if (waiting.Count == 0)
        {
            return response;
        }

        var reply = await index.ListOffsetsAsync(call, context.Aborted).ConfigureAwait(false);
        containers.Learn(reply.Containers);
        for (var i = 0; i < waiting.Count; i++)
        {
            var end = await FillAsync(waiting[i], call.Queries[i], reply.Results[i], context.Aborted).ConfigureAwait(false);
            if (IsSearch(call.Queries[i].Timestamp) && waiting[i].Offset >= end)
            {
                // What the reader may not fetch yet is not found by time either.
                (waiting[i].Offset, waiting[i].Timestamp) = (-1, -1);
            }

            if (context.ApiVersion >= LeaderEpochVersion && waiting[i].Offset >= 0)
            {
                waiting[i].LeaderEpoch = LeaderEpochs.Current;
            }
        }

        return response;
    }

    protected override ListOffsetsResponse Fail(RequestContext context, ListOffsetsRequest request, ErrorCode error)
    {
        var response = new ListOffsetsResponse();
        foreach (var asked in request.Topics)
        {
            var topic = new ListOffsetsResponse.ListOffsetsTopicResponse { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                topic.Partitions.Add(new() { PartitionIndex = partition.PartitionIndex, ErrorCode = (short)error });
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    private static ListOffsetsResponse Prepare(
        ClusterImage image,
        ListOffsetsRequest request,
        short version,
        ListLogOffsetsRequest call,
        List<ListOffsetsResponse.ListOffsetsPartitionResponse> waiting)
    {
        var response = new ListOffsetsResponse();
        var twice = FindDuplicates(request);
        foreach (var asked in request.Topics)
        {
            var known = image.FindTopic(asked.Name);
            var topic = new ListOffsetsResponse.ListOffsetsTopicResponse { Name = asked.Name };
            foreach (var partition in asked.Partitions)
            {
                var result = new ListOffsetsResponse.ListOffsetsPartitionResponse { PartitionIndex = partition.PartitionIndex };
                if (twice?.Contains((asked.Name, partition.PartitionIndex)) is true)
                {
                    result.ErrorCode = (short)ErrorCode.InvalidRequest;
                }
                else if (!IsServed(partition.Timestamp, version))
                {
                    result.ErrorCode = (short)ErrorCode.UnsupportedVersion;
                }
                else if (known is null || !known.TryGetLog(partition.PartitionIndex, out var logId))
                {
                    result.ErrorCode = (short)ErrorCode.UnknownTopicOrPartition;
                }
                else
                {
                    call.Queries.Add(new LogOffsetQuery
                    {
                        LogId = logId.Value, Timestamp = partition.Timestamp, IsolationLevel = request.IsolationLevel,
                    });
                    waiting.Add(result);
                }

                topic.Partitions.Add(result);
            }

            response.Topics.Add(topic);
        }

        return response;
    }

    // Kafka refuses all of what is named more than once, lest one answer be taken for another's.
    private static HashSet<(string Topic, int Partition)>? FindDuplicates(ListOffsetsRequest request)
    {
        var seen = new HashSet<(string Topic, int Partition)>();
        HashSet<(string Topic, int Partition)>? twice = null;
        foreach (var topic in request.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                if (!seen.Add((topic.Name, partition.PartitionIndex)))
                {
                    (twice ??= []).Add((topic.Name, partition.PartitionIndex));
                }
            }
        }

        return twice;
    }

    // Each special time came with a version: -3 with v7, -4 with v8, -5 with v9, -6 with v11.
    private static bool IsServed(long timestamp, short version) => timestamp switch
    {
        >= LatestTimestamp or -2 => true,
        MaxTimestamp => version >= 7,
        -4 => version >= 8,
        LatestTieredTimestamp => version >= 9,
        EarliestPendingUploadTimestamp => version >= 11,
        _ => false,
    };

    private static bool IsSearch(long timestamp) => timestamp is >= 0 or MaxTimestamp;

    /// <summary>Returns where what the reader may fetch ends.</summary>
    private async ValueTask<long> FillAsync(
        ListOffsetsResponse.ListOffsetsPartitionResponse response, LogOffsetQuery query, LogOffsetResult result, CancellationToken cancellationToken)
    {
        response.ErrorCode = (short)result.ErrorCode;
        response.Offset = result.Offset;
        response.Timestamp = result.Timestamp;
        while (response.ErrorCode == 0 && result.Scan is { } entry)
        {
            var target = query.Timestamp == MaxTimestamp ? entry.MaxTimestamp : query.Timestamp;
            var (error, found) = await scan.FindAsync(new LogId(query.LogId), entry, target, result.LogStartOffset, cancellationToken)
                .ConfigureAwait(false);
            response.ErrorCode = (short)error;
            response.Offset = found?.Offset ?? -1;
            response.Timestamp = found?.Timestamp ?? -1;
            if (found is not null || error != ErrorCode.None || query.Timestamp < 0)
            {
                break;
            }

            // All records late enough lay below the log start: go on behind this entry.
            query.FromOffset = entry.LastOffset + 1;
            var reply = await index.ListOffsetsAsync(new ListLogOffsetsRequest { Queries = { query } }, cancellationToken)
                .ConfigureAwait(false);
            containers.Learn(reply.Containers);
            result = reply.Results[0];
            response.ErrorCode = (short)result.ErrorCode;
            (response.Offset, response.Timestamp) = (result.Offset, result.Timestamp);
        }

        return result.EndOffset;
    }
}
