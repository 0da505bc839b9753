using Spillway.ProtocolFrontend.Cluster;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>
/// Assignments of replicas that a client made by hand. Nobody keeps replicas, so they only say how many there are to be; but what Kafka
/// refuses is a mistake here as well.
/// </summary>
internal sealed class ReplicaAssignments(Brokers brokers)
{
    /// <summary>What is wrong with the replicas of partitions, if anything.</summary>
    public string? FindFault(IEnumerable<List<int>> replicasOfPartitions)
    {
        int? width = null;
        foreach (var replicas in replicasOfPartitions)
        {
            width ??= replicas.Count;
            if (replicas.Count == 0)
            {
                return "The manual partition assignment includes an empty replica list.";
            }

            if (replicas.FindIndex(id => brokers.Find(id) is null) is var unknown and >= 0)
            {
                return $"The manual partition assignment includes broker {replicas[unknown]}, but no such broker is registered.";
            }

            if (replicas.Distinct().Count() != replicas.Count)
            {
                return "The manual partition assignment includes a broker more than once.";
            }

            if (replicas.Count != width)
            {
                return $"The manual partition assignment has partitions with {width} and with {replicas.Count} replicas.";
            }
        }

        return null;
    }
}
