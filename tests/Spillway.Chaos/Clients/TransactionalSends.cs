using System.Buffers;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.Chaos.Clients;

/// <summary>A transaction's batches, one at a time, each sent again under its sequence until it is taken or refused.</summary>
internal sealed class TransactionalSends(ClusterConnections cluster, string transactionalId, bool isSecondVersion, Action<string> noteError)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    /// <summary>Some batch was sent and not answered: it may yet arrive.</summary>
    public bool IsIndefinite { get; set; }

    /// <summary>Null for an error: it was cancelled before there was an answer that counts.</summary>
    public async Task<(ErrorCode? Error, long BaseOffset)> SendAsync(
        TopicPartition partition, byte[] batch, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var (error, offset) = await TryAsync(partition, batch);
            if (error is ErrorCode.None or ErrorCode.DuplicateSequenceNumber)
            {
                return (ErrorCode.None, offset);
            }

            if (error is { } known)
            {
                noteError(ErrorCodes.KafkaName(known));
                if (!ErrorCodes.IsRetriable(known))
                {
                    return (known, -1);
                }

                IsIndefinite = true;
            }

            await Task.Delay(Backoff, CancellationToken.None);
            await cluster.RefreshAsync();
        }

        return (null, -1);
    }

    private async Task<(ErrorCode? Error, long BaseOffset)> TryAsync(TopicPartition partition, byte[] batch)
    {
        if (cluster.LeaderOf(partition) is not { } leader)
        {
            return (null, -1);
        }

        var data = new ProduceRequest.PartitionProduceData { Index = partition.Partition, Records = new ReadOnlySequence<byte>(batch) };
        var request = new ProduceRequest
        {
            TransactionalId = transactionalId,
            Acks = -1,
            TimeoutMs = (int)AnswerTime.TotalMilliseconds,
            TopicData = { new ProduceRequest.TopicProduceData { Name = partition.Topic, PartitionData = { data } } },
        };
        try
        {
            var connection = await cluster.ConnectAsync(leader);
            var answer = await connection.CallAsync(
                ApiKey.Produce, (short)(isSecondVersion ? 12 : 9), request, ProduceResponse.Read, AnswerTime);
            var result = answer.Responses[0].PartitionResponses[0];
            return ((ErrorCode)result.ErrorCode, result.BaseOffset);
        }
        catch (NoAnswerException e)
        {
            IsIndefinite = true;
            noteError(e.Error);
            return (null, -1);
        }
    }
}
