using Spillway.Metadata.ConsumerGroups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>A client of a simulated group, of whichever protocol.</summary>
internal interface ISimulatedClient
{
    string Id { get; }

    /// <summary>The epoch or generation that it has its partitions from.</summary>
    int Epoch { get; }

    PartitionSet Owned { get; }

    string[] TopicNames { get; }

    /// <summary>The next thing it does, sound or not.</summary>
    void Step();

    /// <summary>Reads what has been answered.</summary>
    void Look();

    /// <summary>What a sound client would do next.</summary>
    void Behave();
}
