using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>Makes the response of a plan whose targets have their results.</summary>
internal static class ProduceResponses
{
    public static ProduceResponse Make(ProducePlan plan, short version)
    {
        var response = new ProduceResponse();
        var next = 0;
        foreach (var asked in plan.Request.TopicData)
        {
            var topic = new ProduceResponse.TopicProduceResponse { Name = asked.Name, TopicId = asked.TopicId };
            for (var i = 0; i < asked.PartitionData.Count; i++)
            {
                topic.PartitionResponses.Add(Make(plan.Targets[next++], version));
            }

            response.Responses.Add(topic);
        }

        return response;
    }

    private static ProduceResponse.PartitionProduceResponse Make(in ProduceTarget target, short version)
    {
        var isAccepted = target.IsAccepted;
        return new ProduceResponse.PartitionProduceResponse
        {
            Index = target.Partition,
            ErrorCode = (short)ForVersion(target.Error, version),
            ErrorMessage = target.ErrorMessage,
            BaseOffset = isAccepted ? target.BaseOffset : -1,
            LogAppendTimeMs = isAccepted ? target.LogAppendTimeMs : -1,
            LogStartOffset = isAccepted ? target.LogStartOffset : -1,
        };
    }

    // Clients before these versions do not know the code: INVALID_RECORD came with v8 (KIP-467), KAFKA_STORAGE_ERROR with v4.
    private static ErrorCode ForVersion(ErrorCode error, short version) => error switch
    {
        ErrorCode.InvalidRecord when version < 8 => ErrorCode.CorruptMessage,
        ErrorCode.KafkaStorageError when version < 4 => ErrorCode.NotLeaderOrFollower,
        _ => error,
    };
}
