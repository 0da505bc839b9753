namespace Spillway.Chaos.Clients;

/// <summary>The batches of one partition that have no result yet, in the order of their sends.</summary>
internal sealed class PartitionQueue
{
    public List<ProducedBatch> Batches { get; } = [];

    public int NextSequence { get; set; }

    /// <summary>When the next try may begin, as a timestamp.</summary>
    public long RetryAt { get; set; }

    /// <summary>The next one to send; null while there is none, or while order forbids it.</summary>
    public ProducedBatch? Next(BrokerAddress leader, bool isIdempotent)
    {
        // Without sequences nothing but the old connection keeps the order: what is in flight to another broker has to end first.
        return !isIdempotent && Batches.Exists(batch => batch.InFlightTo is { } broker && broker != leader)
            ? null
            : Batches.Find(static batch => batch.InFlightTo is null);
    }
}
