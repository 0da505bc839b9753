using System.Buffers;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// Partitions that a request names more than once: as in Kafka the last one counts, and there is one answer. No client sends that, so that
/// the look for it must cost next to nothing.
/// </summary>
internal static class RepeatedPartitions
{
    private const int StackMax = 128;

    public static void Drop(ProduceCall call)
    {
        var targets = call.Targets;
        if (targets.Length > 1 && AnyTwice(targets))
        {
            DropEarlier(call);
        }
    }

    // Of partitions that there are not the log is 0: several of them take the longer way, too.
    private static bool AnyTwice(ReadOnlySpan<ProduceTarget> targets)
    {
        var rented = targets.Length > StackMax ? ArrayPool<long>.Shared.Rent(targets.Length) : null;
        var logs = rented is null ? stackalloc long[targets.Length] : rented.AsSpan(0, targets.Length);
        for (var i = 0; i < targets.Length; i++)
        {
            logs[i] = targets[i].LogId.Value;
        }

        logs.Sort();
        var twice = false;
        for (var i = 1; i < logs.Length; i++)
        {
            twice |= logs[i] == logs[i - 1];
        }

        if (rented is not null)
        {
            ArrayPool<long>.Shared.Return(rented);
        }

        return twice;
    }

    private static void DropEarlier(ProduceCall call)
    {
        var seen = new HashSet<(string Name, Guid Id, int Partition)>();
        var targets = call.Targets;
        var partitions = call.Request.Partitions;
        var topics = call.Request.Topics;
        var next = targets.Length;
        for (var topic = topics.Length - 1; topic >= 0; topic--)
        {
            for (var left = topics[topic].PartitionCount; left > 0; left--)
            {
                next--;
                if (!seen.Add((call.TopicNames[topic], topics[topic].TopicId, partitions[next].Index)))
                {
                    targets[next].IsAccepted = false;
                    targets[next].IsSuperseded = true;
                    call.Results[next] = default;
                    call.HasRepeated = true;
                }
            }
        }
    }
}
