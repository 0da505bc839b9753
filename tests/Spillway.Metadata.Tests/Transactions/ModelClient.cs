using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>A producer as it sees itself: it may have been fenced and not know it.</summary>
internal sealed class ModelClient(string id, int version)
{
    private readonly Dictionary<long, int> _sequences = [];

    public string Id { get; } = id;

    /// <summary>1 or 2 (TV1, TV2).</summary>
    public int Version { get; } = version;

    public long ProducerId { get; set; }

    public int Epoch { get; set; }

    /// <summary>Another epoch: sequences begin anew.</summary>
    public void Renew(long producerId, int epoch)
    {
        if ((producerId, epoch) != (ProducerId, Epoch))
        {
            (ProducerId, Epoch) = (producerId, epoch);
            _sequences.Clear();
        }
    }

    public BatchCommit NextBatch(long logId, int records) => new()
    {
        LogId = logId,
        Length = 10 * records,
        RecordCount = records,
        ProducerId = ProducerId,
        ProducerEpoch = Epoch,
        BaseSequence = _sequences.GetValueOrDefault(logId),
        Transactional = true,
        TransactionalId = Id,
        TransactionVersion = Version,
    };

    public void Stored(BatchCommit batch) => _sequences[batch.LogId] = batch.BaseSequence + batch.RecordCount;
}
