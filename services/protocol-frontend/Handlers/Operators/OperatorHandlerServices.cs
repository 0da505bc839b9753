using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Handlers.Partitions;

namespace Spillway.ProtocolFrontend.Handlers.Operators;

/// <summary>The handlers that operators' tools ask for: where partitions are, who leads, how large logs are.</summary>
internal static class OperatorHandlerServices
{
    public static IServiceCollection AddOperatorHandlers(this IServiceCollection services) => services
        .AddSingleton<IApiHandler, DescribeTopicPartitionsHandler>()
        .AddSingleton<IApiHandler, ElectLeadersHandler>()
        .AddSingleton<IApiHandler, AlterPartitionReassignmentsHandler>()
        .AddSingleton<IApiHandler, ListPartitionReassignmentsHandler>()
        .AddSingleton<IApiHandler, DescribeLogDirsHandler>()
        .AddSingleton<IApiHandler, AlterReplicaLogDirsHandler>()
        .AddSingleton<IApiHandler, UnregisterBrokerHandler>()
        .AddSingleton<IApiHandler, DescribeQuorumHandler>()
        .AddSingleton<IApiHandler, UpdateFeaturesHandler>();
}
