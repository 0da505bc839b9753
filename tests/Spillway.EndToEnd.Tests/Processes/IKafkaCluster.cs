namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>Something that Kafka clients connect to.</summary>
public interface IKafkaCluster
{
    /// <summary>Where clients start.</summary>
    string BootstrapServers { get; }

    /// <summary>The last lines its processes wrote.</summary>
    string Tail();
}
