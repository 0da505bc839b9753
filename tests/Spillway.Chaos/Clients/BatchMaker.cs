using System.Buffers.Binary;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;

namespace Spillway.Chaos.Clients;

/// <summary>Record batches whose values begin with their number; what follows is noise that the batch's CRC covers.</summary>
internal sealed class BatchMaker(Random random, int valueBytesMax)
{
    private long _producerId = RecordBatchLayout.NoProducerId;
    private short _producerEpoch = RecordBatchLayout.NoProducerEpoch;

    public void SetProducer(long producerId, short producerEpoch) => (_producerId, _producerEpoch) = (producerId, producerEpoch);

    public byte[] Make(long firstValue, int count, int baseSequence, bool isTransactional = false)
    {
        var builder = new RecordBatchBuilder
        {
            ProducerId = baseSequence < 0 ? RecordBatchLayout.NoProducerId : _producerId,
            ProducerEpoch = baseSequence < 0 ? RecordBatchLayout.NoProducerEpoch : _producerEpoch,
            BaseSequence = baseSequence,
            IsTransactional = isTransactional,
            CompressionType = random.Next(8) == 0 ? CompressionType.Gzip : CompressionType.None,
        };
        var timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < count; i++)
        {
            var value = new byte[8 + random.Next(valueBytesMax)];
            random.NextBytes(value);
            BinaryPrimitives.WriteInt64BigEndian(value, firstValue + i);
            builder.Append(timestamp, null, value);
        }

        return builder.Build();
    }

    /// <summary>The number of a record.</summary>
    public static long NumberOf(in Record record) =>
        record.Value.Length >= 8 ? BinaryPrimitives.ReadInt64BigEndian(record.Value) : long.MinValue;
}
