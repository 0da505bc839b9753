using System.Diagnostics.Metrics;
using System.Net;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Copies;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Images;
using Spillway.Metadata.Jobs;
using Spillway.Metadata.Log;
using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Members;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Restoring;
using Spillway.Metadata.Retention;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Metadata.Transactions;
using Spillway.Raft;
using Spillway.Raft.Transport;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.Storage.Objects;

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
        services.AddSingleton<FirstState>();
        services.AddSingleton(CreateLog);
        services.AddSingleton<IReplicatedLog>(p => p.GetRequiredService<ReplicatedLog>());
        services.AddSingleton<IReplicatedGroup>(p => p.GetRequiredService<ReplicatedLog>());
        services.AddSingleton(p => new GroupIdentity(() => p.GetRequiredService<ReplicatedLog>().ClusterId));
        services.AddSingleton<MetadataNode>();
        services.AddHostedService(p => p.GetRequiredService<MetadataNode>());
        services.AddHostedService<HousekeepingLoop>();
        services.AddHostedService<RetentionLoop>();
        services.AddSingleton<DirtyLogs>();
        services.AddHostedService<LogCompactionLoop>();
        if (builder.Configuration.GetSection(ObjectStoreOptions.Section).Exists())
        {
            builder.AddSpillwayOptions<ObjectStoreOptions>(ObjectStoreOptions.Section);
            services.AddObjectStore();
        }

        services.AddSingleton<KeptCopies>();
        services.AddHostedService<SnapshotCopyLoop>();
        services.AddSingleton<IReadinessCheck, MetadataReadiness>();
        services.AddSingleton<IDrainable, LeadershipDrain>();

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
        services.AddSingleton<IContainerService, ContainerService>();
        services.AddSingleton<IGroupService, GroupService>();
        services.AddSingleton<ITransactionService, TransactionService>();
        services.AddSingleton<IMembersService, MembersService>();
        services.AddSingleton<IGroupTopics, GroupTopics>();
        services.AddSingleton<CurrentGroupLimits>();
        services.AddSingleton<CommitPatience>();
        services.AddSingleton<GroupSessions>();
        services.AddHostedService(p => p.GetRequiredService<GroupSessions>());
        services.AddHostedService<GroupUpkeepLoop>();
        services.AddHostedService<TransactionUpkeepLoop>();
        return builder;
    }

    /// <summary>
    /// Adds what a process of its own has: the listener that it serves the other services on, and the transport to the other nodes
    /// of its group, of which there may be none.
    /// </summary>
    public static WebApplicationBuilder AddMetadataListener(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(p => GroupSettings.TransportOf(p.GetRequiredService<MetadataOptions>()));
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
        var settings = services.GetRequiredService<MetadataOptions>();
        var options = GroupSettings.LogOf(settings, settings.RestoreFrom.Length == 0 ? null : services.GetRequiredService<FirstState>().Write);
        var machine = services.GetRequiredService<MetadataStateMachine>();
        var time = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILogger<ReplicatedLog>>();
        var meters = services.GetRequiredService<IMeterFactory>();
        return services.GetService<RaftTransportOptions>() is { } transport
            ? ReplicatedLog.WithTransport(options, transport, machine, time, logger, meters)
            : new ReplicatedLog(options, machine, time, logger, meters);
    }
}
