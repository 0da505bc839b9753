using Spillway.Metadata.Log;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Producers;

/// <summary>Producer ids given out, and producers forgotten that were idle for long.</summary>
internal sealed class ProducerIds(StateClock clock, TopicTable topics)
{
    public long Next { get; set; }

    /// <summary>One for a transactional producer.</summary>
    public long Take() => Next++;

    public AllocateProducerIdsResult Allocate(AllocateProducerIdsCall call)
    {
        var first = Next;
        Next += call.Count;
        return new AllocateProducerIdsResult { FirstProducerId = first, Count = call.Count };
    }

    public ExpireProducers Expire(ExpireProducers command)
    {
        foreach (var id in command.LogIds)
        {
            topics.FindLog(id)?.Producers.RemoveIdleSince(clock.NowMs - command.IdleMs);
        }

        return command;
    }
}
