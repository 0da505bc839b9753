using System.Diagnostics.Metrics;
using System.Net;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Images;
using Spillway.Metadata.Jobs;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Raft;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;
using Spillway.ServiceDefaults.Health;

namespace Spillway.Metadata;

/// <summary>The metadata service as a module: part of a process, in one of its own or with others.</summary>
public static class MetadataModule
{
    /// <summary>Adds the service. It starts before what is added after it, which may so rely on it.</summary>
    public static WebApplicationBuilder AddMetadata(this WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<MetadataOptions>(MetadataOptions.Section, MetadataOptions.Validate);
        builder.AddSpillwayOptions<BrokerSettings>(BrokerSettings.Section, BrokerSettings.Validate);

        var services = builder.Services;
        services.AddSingleton<MetadataStateMachine>();
        services.AddSingleton<MetadataMetrics>();
        services.AddSingleton<IReplicatedLog>(CreateLog);
        services.AddSingleton<MetadataNode>();
        services.AddHostedService(p => p.GetRequiredService<MetadataNode>());
        services.AddHostedService<HousekeepingLoop>();
        services.AddSingleton<IReadinessCheck, MetadataReadiness>();

        services.AddSingleton<ImageHub>();
        services.AddSingleton<TailHub>();
        services.AddSingleton<ConfigRules>();
        services.AddSingleton<TopicRules>();
        services.AddSingleton<IRegistrationService, RegistrationService>();
        services.AddSingleton<IWalCommitService, WalCommitService>();
        services.AddSingleton<IClusterImageService, ClusterImageService>();
        services.AddSingleton<IPartitionIndexService, PartitionIndexService>();
        services.AddSingleton<IAdminService, AdminService>();
        services.AddSingleton<IJobService, JobService>();
        services.AddSingleton<IGroupService, GroupService>();
        services.AddSingleton<GroupSessions>();
        services.AddHostedService(p => p.GetRequiredService<GroupSessions>());
        services.AddHostedService<GroupUpkeepLoop>();
        return builder;
    }

    /// <summary>Adds the listener that a process of its own serves the other services on.</summary>
    public static WebApplicationBuilder AddMetadataListener(this WebApplicationBuilder builder)
    {
        builder.Services.AddLargeBlockMemoryPool();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var options = kestrel.ApplicationServices.GetRequiredService<MetadataOptions>();
            kestrel.Listen(IPAddress.Parse(options.RpcAddress), options.RpcPort, listen => listen.ConfigureRpcListener());
        });
        return builder;
    }

    /// <summary>Serves it to other processes.</summary>
    public static WebApplication MapMetadata(this WebApplication app)
    {
        app.MapMetadataServices();
        return app;
    }

    private static ReplicatedLog CreateLog(IServiceProvider services)
    {
        var options = services.GetRequiredService<MetadataOptions>();
        return new ReplicatedLog(
            new ReplicatedLogOptions
            {
                Folder = options.DataFolder,
                SnapshotEveryBytes = options.SnapshotEveryBytes,
                SnapshotEveryEntries = options.SnapshotEveryEntries,
            },
            services.GetRequiredService<MetadataStateMachine>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ReplicatedLog>>(),
            services.GetRequiredService<IMeterFactory>());
    }
}
