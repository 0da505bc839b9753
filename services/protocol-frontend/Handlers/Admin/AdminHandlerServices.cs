using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>The handlers of topics, partitions and records.</summary>
internal static class AdminHandlerServices
{
    public static IServiceCollection AddAdminHandlers(this IServiceCollection services) => services
        .AddSingleton<ReplicaAssignments>()
        .AddSingleton<IApiHandler, CreateTopicsHandler>()
        .AddSingleton<IApiHandler, DeleteTopicsHandler>()
        .AddSingleton<IApiHandler, CreatePartitionsHandler>()
        .AddSingleton<IApiHandler, DeleteRecordsHandler>();
}
