namespace Spillway.Rpc.Commit;

/// <summary>
/// Reads a CommitBlockRequest in place, as the generated class would, without an object: the head at once, the batches one by one.
/// Any order of fields and fields that nobody knows are taken. What is malformed is an <see cref="RpcException"/> of code Internal.
/// </summary>
public ref struct CommitBlockReader
{
    private const int BatchesField = 6;

    private ProtoReader _batches;

    /// <summary>Reads the head; the message must stay as it is while batches are read.</summary>
    public CommitBlockReader(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtoReader.Varint):
                    WriterId = reader.ReadInt32();
                    break;
                case (2, ProtoReader.Varint):
                    WriterEpoch = reader.ReadInt64();
                    break;
                case (3, ProtoReader.Varint):
                    SegmentId = reader.ReadInt64();
                    break;
                case (4, ProtoReader.Varint):
                    BlockSeq = reader.ReadInt64();
                    break;
                case (5, ProtoReader.Varint):
                    PayloadPosition = reader.ReadInt64();
                    break;
                case (BatchesField, ProtoReader.LengthDelimited):
                    reader.ReadBytes(out _);
                    BatchCount++;
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        _batches = new ProtoReader(message);
    }

    /// <summary>The writer.</summary>
    public int WriterId { get; }

    /// <summary>The writer's epoch.</summary>
    public long WriterEpoch { get; }

    /// <summary>Where the block lies.</summary>
    public long SegmentId { get; }

    /// <summary>The block's sequence in its writer epoch.</summary>
    public long BlockSeq { get; }

    /// <summary>What the batches' positions are relative to.</summary>
    public long PayloadPosition { get; }

    /// <summary>How many batches there are, those that were read included.</summary>
    public int BatchCount { get; }

    /// <summary>Reads the next batch; false after the last.</summary>
    public bool TryReadBatch(out BatchToCommit batch)
    {
        while (_batches.TryReadTag(out var field, out var wireType))
        {
            if ((field, wireType) == (BatchesField, ProtoReader.LengthDelimited))
            {
                batch = ReadBatch(_batches.ReadBytes(out _));
                return true;
            }
            _batches.Skip(wireType);
        }
        batch = default;
        return false;
    }

    private static BatchToCommit ReadBatch(ReadOnlySpan<byte> message)
    {
        var (logId, maxTimestamp, producerId) = (0L, 0L, 0L);
        var (position, length, recordCount, producerEpoch, baseSequence, transactionVersion) = (0, 0, 0, 0, 0, 0);
        var transactional = false;
        string? transactionalId = null;
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtoReader.Varint):
                    logId = reader.ReadInt64();
                    break;
                case (2, ProtoReader.Varint):
                    position = reader.ReadInt32();
                    break;
                case (3, ProtoReader.Varint):
                    length = reader.ReadInt32();
                    break;
                case (4, ProtoReader.Varint):
                    recordCount = reader.ReadInt32();
                    break;
                case (5, ProtoReader.Varint):
                    maxTimestamp = reader.ReadSInt64();
                    break;
                case (6, ProtoReader.Varint):
                    producerId = reader.ReadSInt64();
                    break;
                case (7, ProtoReader.Varint):
                    producerEpoch = reader.ReadSInt32();
                    break;
                case (8, ProtoReader.Varint):
                    baseSequence = reader.ReadSInt32();
                    break;
                case (9, ProtoReader.Varint):
                    transactional = reader.ReadVarint() != 0;
                    break;
                case (10, ProtoReader.LengthDelimited):
                    transactionalId = reader.ReadString();
                    break;
                case (11, ProtoReader.Varint):
                    transactionVersion = reader.ReadInt32();
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }
        return new BatchToCommit
        {
            LogId = logId,
            Position = position,
            Length = length,
            RecordCount = recordCount,
            MaxTimestamp = maxTimestamp,
            ProducerId = producerId,
            ProducerEpoch = producerEpoch,
            BaseSequence = baseSequence,
            Transactional = transactional,
            TransactionalId = transactionalId,
            TransactionVersion = transactionVersion,
        };
    }
}
