using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Spillway.Rpc.Contracts;

/// <summary>The metadata service as its callers register it and as its process serves it.</summary>
public static class RemoteMetadataExtensions
{
    /// <summary>Registers clients of all metadata services, over one channel to one address.</summary>
    public static IServiceCollection AddRemoteMetadata(this IServiceCollection services, Uri address) =>
        services.AddRemoteMetadata(_ => new RpcChannel(address));

    /// <summary>The same with a channel of the caller's making; the container disposes it.</summary>
    public static IServiceCollection AddRemoteMetadata(
        this IServiceCollection services, Func<IServiceProvider, RpcChannel> createChannel)
    {
        // A type of its own: a process may have channels to other services too.
        services.AddSingleton(provider => new MetadataChannel(createChannel(provider)));
        return services
            .AddSingleton<IRegistrationService>(p => new RemoteRegistrationService(ChannelOf(p)))
            .AddSingleton<IWalCommitService>(p => new RemoteWalCommitService(ChannelOf(p)))
            .AddSingleton<IClusterImageService>(p => new RemoteClusterImageService(ChannelOf(p)))
            .AddSingleton<IPartitionIndexService>(p => new RemotePartitionIndexService(ChannelOf(p)))
            .AddSingleton<IAdminService>(p => new RemoteAdminService(ChannelOf(p)))
            .AddSingleton<IJobService>(p => new RemoteJobService(ChannelOf(p)))
            .AddSingleton<IGroupService>(p => new RemoteGroupService(ChannelOf(p)));
    }

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
        if (services.GetService<IGroupService>() is { } groups)
        {
            endpoints.MapGroupService(groups);
        }

        return endpoints;
    }

    private static RpcChannel ChannelOf(IServiceProvider services) =>
        services.GetRequiredService<MetadataChannel>().Channel;

    private sealed class MetadataChannel(RpcChannel channel) : IDisposable
    {
        public RpcChannel Channel { get; } = channel;

        public void Dispose() => Channel.Dispose();
    }
}
