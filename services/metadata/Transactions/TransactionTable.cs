namespace Spillway.Metadata.Transactions;

/// <summary>All transactional ids, by name and by the producer that has each, and the open transactions by their deadlines.</summary>
internal sealed class TransactionTable
{
    private readonly SortedDictionary<string, TransactionalProducer> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<long, TransactionalProducer> _byProducer = [];
    private readonly SortedDictionary<(long DeadlineMs, long ProducerId), TransactionalProducer> _open = [];

    public int Count => _byId.Count;

    public int OpenCount => _open.Count;

    /// <summary>By transactional id.</summary>
    public IEnumerable<TransactionalProducer> All => _byId.Values;

    /// <summary>By deadline.</summary>
    public IEnumerable<TransactionalProducer> Open => _open.Values;

    public TransactionalProducer? Find(string transactionalId) => _byId.GetValueOrDefault(transactionalId);

    /// <summary>The one that has this producer id now.</summary>
    public TransactionalProducer? FindByProducer(long producerId) => _byProducer.GetValueOrDefault(producerId);

    /// <summary>A new one, or one of a snapshot.</summary>
    public void Add(TransactionalProducer producer)
    {
        _byId.Add(producer.Id, producer);
        _byProducer.Add(producer.ProducerId, producer);
        if (producer.IsOngoing)
        {
            _open.Add((producer.DeadlineMs, producer.ProducerId), producer);
        }
    }

    public void Remove(TransactionalProducer producer)
    {
        _byId.Remove(producer.Id);
        _byProducer.Remove(producer.ProducerId);
    }

    /// <summary>Its epochs are used up, or it must not be known by its old id any more.</summary>
    public void ChangeProducerId(TransactionalProducer producer, long producerId)
    {
        _byProducer.Remove(producer.ProducerId);
        producer.ProducerId = producerId;
        _byProducer.Add(producerId, producer);
    }

    public void Begin(TransactionalProducer producer, long nowMs)
    {
        producer.State = TransactionState.Ongoing;
        producer.StartMs = nowMs;
        _open.Add((producer.DeadlineMs, producer.ProducerId), producer);
    }

    /// <summary>Still under the producer id and the timeout that it began with.</summary>
    public void End(TransactionalProducer producer, TransactionState state)
    {
        _open.Remove((producer.DeadlineMs, producer.ProducerId));
        producer.State = state;
        producer.Logs.Clear();
        producer.Groups.Clear();
    }

    /// <summary>How long the oldest open transaction has been open; 0 where there is none.</summary>
    public long OldestMs(long nowMs) => _open.Count == 0 ? 0 : nowMs - _open.Values.Min(p => p.StartMs);
}
