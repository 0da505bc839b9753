using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Clients;

/// <summary>Asks for the identity of an idempotent producer.</summary>
internal static class ProducerIds
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    /// <summary>A producer id that nobody else has, or null when none was given this time.</summary>
    public static async Task<(long ProducerId, short ProducerEpoch)?> AskAsync(ClusterConnections cluster)
    {
        try
        {
            var connection = await cluster.ConnectAsync(cluster.AnyBroker());
            var request = new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = 60_000 };
            var response = await connection.CallAsync(ApiKey.InitProducerId, 2, request, InitProducerIdResponse.Read, AnswerTime);
            return response.ErrorCode == 0 ? (response.ProducerId, response.ProducerEpoch) : null;
        }
        catch (NoAnswerException)
        {
            return null;
        }
    }
}
