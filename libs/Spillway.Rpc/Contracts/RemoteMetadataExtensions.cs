using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Spillway.Rpc.Contracts;

/// <summary>The metadata service as its callers register it and as its process serves it.</summary>
public static class RemoteMetadataExtensions
{
    /// <summary>Registers clients of all metadata services, which find the leader from one address on.</summary>
    public static IServiceCollection AddRemoteMetadata(this IServiceCollection services, Uri address) =>
        services.AddRemoteMetadata(_ => [address]);

    /// <summary>The same from several addresses on.</summary>
    public static IServiceCollection AddRemoteMetadata(
        this IServiceCollection services, Func<IServiceProvider, IReadOnlyList<Uri>> addresses) => services
        .AddSingleton(provider => new MetadataChannels(
            addresses(provider),
            static address => new RpcChannel(address),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<ILogger<MetadataChannels>>() ?? NullLogger<MetadataChannels>.Instance))
        .AddSingleton<IRegistrationService, RemoteRegistrationService>()
        .AddSingleton<IWalCommitService, RemoteWalCommitService>()
        .AddSingleton<IClusterImageService, RemoteClusterImageService>()
        .AddSingleton<IPartitionIndexService, RemotePartitionIndexService>()
        .AddSingleton<IAdminService, RemoteAdminService>()
        .AddSingleton<IJobService, RemoteJobService>()
        .AddSingleton<IContainerService, RemoteContainerService>()
        .AddSingleton<IGroupService, RemoteGroupService>()
        .AddSingleton<ITransactionService, RemoteTransactionService>()
        .AddSingleton<IMembersService, RemoteMembersService>();

    /// <summary>Serves all metadata services that this process has registered.</summary>
    public static IEndpointRouteBuilder MapMetadataServices(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        endpoints
            .MapRegistrationService(services.GetRequiredService<IRegistrationService>())
            .MapWalCommitService(services.GetRequiredService<IWalCommitService>())
            .MapClusterImageService(services.GetRequiredService<IClusterImageService>())
            .MapPartitionIndexService(services.GetRequiredService<IPartitionIndexService>())
            .MapAdminService(services.GetRequiredService<IAdminService>())
            .MapJobService(services.GetRequiredService<IJobService>());
        if (services.GetService<IContainerService>() is { } containers)
        {
            endpoints.MapContainerService(containers);
        }

        if (services.GetService<IGroupService>() is { } groups)
        {
            endpoints.MapGroupService(groups);
        }

        if (services.GetService<ITransactionService>() is { } transactions)
        {
            endpoints.MapTransactionService(transactions);
        }

        if (services.GetService<IMembersService>() is { } members)
        {
            endpoints.MapMembersService(members);
        }

        return endpoints;
    }
}
