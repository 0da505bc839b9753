using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Spillway.Kafka.Buffers;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Fetching.Sessions;
using Spillway.ProtocolFrontend.Handlers;
using Spillway.ProtocolFrontend.Handlers.Admin;
using Spillway.ProtocolFrontend.Handlers.Configs;
using Spillway.ProtocolFrontend.Handlers.Groups;
using Spillway.ProtocolFrontend.Handlers.Operators;
using Spillway.ProtocolFrontend.Handlers.Transactions;
using Spillway.ProtocolFrontend.Producing;
using Spillway.ProtocolFrontend.Tails;
using Spillway.ProtocolFrontend.Telemetry;
using Spillway.Rpc;
using Spillway.ServiceDefaults.Configuration;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.Storage.Caching;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Faults;
using Spillway.Storage.Wal.Reading;

namespace Spillway.ProtocolFrontend;

/// <summary>The protocol frontend as a module.</summary>
public static class ProtocolFrontendServices
{
    /// <summary>
    /// Adds the frontend; metadata's services and the router's must be there, remote or in this process. With
    /// <paramref name="writerInProcess"/> it appends to the writer of this process, else to those that metadata knows.
    /// </summary>
    public static WebApplicationBuilder AddProtocolFrontend(this WebApplicationBuilder builder, bool writerInProcess = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddSpillwayOptions<ProtocolFrontendOptions>(ProtocolFrontendOptions.Section, ProtocolFrontendOptions.Validate);
        var services = builder.Services;
        services.TryAddSingleton(BufferPool.Shared);
        services.AddSingleton<ProtocolFrontendMetrics>();
        builder.AddSpillwayOptions<BrokerSettingsOptions>(BrokerSettingsOptions.Section, BrokerSettingsOptions.Validate);
        // Bound by the store and its caches; this tells the host that their keys are known.
        builder.AddSpillwayOptions<ObjectStoreOptions>(ObjectStoreOptions.Section);
        builder.AddSpillwayOptions<ObjectCacheOptions>(ObjectCacheOptions.Section);
        builder.AddSpillwayOptions<FaultOptions>(FaultOptions.Section);
        services.AddFaults();
        services.AddSingleton<BrokerSettings>();
        services.AddConnections();
        services.AddCluster();
        services.AddProducing(writerInProcess);
        services.AddFetching();
        services.AddHandlers();
        services.AddLargeBlockMemoryPool();
        return builder;
    }

    private static void AddConnections(this IServiceCollection services)
    {
        services.AddSingleton<ServedApis>();
        services.AddSingleton<RequestDispatcher>();
        services.AddSingleton<ConnectionRegistry>();
        services.AddSingleton<KafkaConnectionHandler>();
        services.AddSingleton<KafkaListener>();
        services.AddSingleton<IKafkaListener>(static provider => provider.GetRequiredService<KafkaListener>());
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(static provider =>
            new ConfigureOptions<KestrelServerOptions>(provider.GetRequiredService<KafkaListener>().Configure));
        services.AddSingleton<IDrainable, FrontendDrain>();
        services.AddHostedService<ListeningNotice>();
        services.AddHostedService<ConnectionUpkeepLoop>();
    }

    private static void AddCluster(this IServiceCollection services)
    {
        services.AddSingleton<FrontendIdentity>();
        services.AddSingleton<ClusterView>();
        services.AddSingleton<ClusterFeatures>();
        services.AddSingleton<RoutingView>();
        services.AddSingleton<Brokers>();
        services.AddSingleton<ClientZones>();
        services.AddSingleton<RegistrationLoop>();
        services.AddSingleton<IReadinessCheck, MetadataReadiness>();
        services.AddHostedService<ClusterImageLoop>();
        services.AddHostedService<RoutingLoop>();
        services.AddHostedService(static provider => provider.GetRequiredService<RegistrationLoop>());
    }

    private static void AddProducing(this IServiceCollection services, bool writerInProcess)
    {
        services.AddSingleton<IApiHandler, ProduceHandler>();
        if (writerInProcess)
        {
            services.AddSingleton<IWriters, LocalWriters>();
            return;
        }

        services.AddSingleton<IWriterStreams, RpcWriterStreams>();
        services.AddSingleton<RemoteWriters>();
        services.AddSingleton<IWriters>(static provider => provider.GetRequiredService<RemoteWriters>());
        services.AddHostedService<WriterWatchLoop>();
    }

    private static void AddFetching(this IServiceCollection services)
    {
        services.AddObjectFetcher();
        services.TryAddSingleton<WalReadMetrics>();
        services.AddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<ProtocolFrontendOptions>();
            var metrics = provider.GetRequiredService<ProtocolFrontendMetrics>();
            return metrics.Observe(new TailCache(options.TailCacheBytesMax, provider.GetRequiredService<BufferPool>()));
        });
        services.AddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<ProtocolFrontendOptions>();
            var volumes = new WalVolumeSet(options.Volumes.Select(static volume => volume.ToVolume()));
            return new WalSegmentReader(
                FaultInjectingFileSystem.Wrap(
                    PosixWalFileSystem.Instance, volumes, provider.GetRequiredService<FaultControl>()),
                volumes,
                new WalReadSettings { Name = "frontend", ThreadsPerVolume = options.ReadThreads, Timeout = options.ReadTimeout },
                new WalReadEnvironment(
                    provider.GetRequiredService<BufferPool>(),
                    provider.GetRequiredService<SegmentWriterPeer>(),
                    Metrics: provider.GetRequiredService<WalReadMetrics>(),
                    Time: provider.GetRequiredService<TimeProvider>(),
                    Objects: provider.GetRequiredService<IObjectStore>().For(RequestCause.Fetch)));
        });
        services.AddSingleton<SegmentWriterPeer>();
        services.AddSingleton<ContainerDirectory>();
        services.AddSingleton<PartitionViews>();
        services.AddSingleton(static provider => new WalEntryReader(
            provider.GetRequiredService<WalSegmentReader>(),
            provider.GetRequiredService<TailCache>(),
            Math.Max(1, provider.GetRequiredService<ProtocolFrontendOptions>().ReadThreads / 2)));
        services.AddSingleton<EntryReader>();
        services.AddSingleton(static provider =>
        {
            var cache = provider.GetRequiredService<ObjectCacheOptions>();
            var time = provider.GetRequiredService<TimeProvider>();
            var readers = new SequentialReaders(cache.ReadAheadBytesMax, cache.BlockBytesMax / 4, time);
            provider.GetRequiredService<ObjectFetcher>().OnReadAheadWasted(readers.Wasted);
            return readers;
        });
        services.AddSingleton<PartitionReader>();
        services.AddSingleton<TimestampScan>();
        services.AddSingleton<PreferredReplicas>();
        services.AddSingleton<FetchTargets>();
        services.AddSingleton<AbortedLookup>();
        services.AddSingleton<FetchPass>();
        services.AddSingleton(static provider => provider.GetRequiredService<ProtocolFrontendMetrics>().Observe(new FetchSessionCache(
            provider.GetRequiredService<BrokerSettings>(),
            provider.GetRequiredService<ProtocolFrontendMetrics>(),
            provider.GetRequiredService<TimeProvider>())));
        services.AddSingleton<FetchSessions>();
        services.AddHostedService<TailLoop>();
        services.AddSingleton<IApiHandler, FetchHandler>();
    }

    private static void AddHandlers(this IServiceCollection services)
    {
        services.AddAdminHandlers();
        services.AddConfigHandlers();
        services.AddOperatorHandlers();
        services.AddTelemetry();
        services.AddGroupHandlers();
        services.AddTransactionHandlers();
        services.AddSingleton<TopicAutoCreation>();
        services.AddSingleton<IApiHandler, ApiVersionsHandler>();
        services.AddSingleton<IApiHandler, MetadataHandler>();
        services.AddSingleton<IApiHandler, DescribeClusterHandler>();
        services.AddSingleton<IApiHandler, FindCoordinatorHandler>();
        services.AddSingleton<IApiHandler, ListOffsetsHandler>();
        services.AddSingleton<IApiHandler, OffsetForLeaderEpochHandler>();
    }
}
