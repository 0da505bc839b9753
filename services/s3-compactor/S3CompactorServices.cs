using Microsoft.Extensions.DependencyInjection.Extensions;
using Spillway.Kafka.Buffers;
using Spillway.S3Compactor.Cleaning;
using Spillway.S3Compactor.Compacting;
using Spillway.S3Compactor.Draining;
using Spillway.S3Compactor.Merging;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Scrubbing;
using Spillway.S3Compactor.Sessions;
using Spillway.ServiceDefaults.Configuration;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Faults;
using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor;

/// <summary>The compactor as a module: a process of its own or a part of standalone.</summary>
public static class S3CompactorServices
{
    /// <summary>
    /// Adds the compactor. The host gives <c>IJobService</c> and <c>IRegistrationService</c> of metadata, in-process or over gRPC.
    /// </summary>
    public static IHostApplicationBuilder AddS3Compactor(this IHostApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<S3CompactorOptions>(S3CompactorOptions.Section, S3CompactorOptions.Validate);
        // The store's section is bound by the store; this tells the host that its keys are known.
        builder.AddSpillwayOptions<ObjectStoreOptions>(ObjectStoreOptions.Section);
        builder.Services.AddObjectStore();
        builder.AddSpillwayOptions<FaultOptions>(FaultOptions.Section);
        builder.Services.AddFaults();

        builder.Services.AddSingleton<S3CompactorMetrics>();
        builder.Services.TryAddSingleton(BufferPool.Shared);
        builder.Services.TryAddSingleton<WalReadMetrics>();
        builder.Services.AddSingleton<SegmentWriterPeer>();
        builder.Services.AddSingleton(CreateVolumes);
        builder.Services.TryAddSingleton<IWriterZones, OneProcess>();
        builder.Services.AddSingleton<WriterMemory>();
        builder.Services.AddSingleton<SegmentRangeReader>();
        builder.Services.AddSingleton<SegmentDeleter>();
        builder.Services.AddSingleton<DrainTargets>();
        builder.Services.AddSingleton<IJobRunner, DrainRunner>();
        builder.Services.AddSingleton<IJobRunner, DeleteRunner>();
        builder.Services.AddSingleton<SourceReader>();
        builder.Services.AddSingleton<IJobRunner, MergeRunner>();
        builder.Services.AddSingleton<IJobRunner, CompactRunner>();
        builder.Services.AddSingleton<IJobRunner, ScrubRunner>();
        builder.Services.AddSingleton<JobRunners>();
        builder.Services.AddSingleton<JobMetadataClient>();
        builder.Services.AddSingleton<CompactorSession>();
        builder.Services.AddSingleton<JobLanes>();
        builder.Services.AddLoop(static p => p.GetRequiredService<JobLanes>().Draining);
        builder.Services.AddLoop(static p => p.GetRequiredService<JobLanes>().Rewriting);
        builder.Services.AddSingleton<RegistrationLoop>();
        builder.Services.AddLoop(static p => p.GetRequiredService<RegistrationLoop>())
            .AddSingleton<IReadinessCheck>(p => p.GetRequiredService<RegistrationLoop>());
        return builder;
    }

    /// <summary>Maps nothing: nobody calls a compactor. There so that every module is composed alike.</summary>
    public static WebApplication MapS3Compactor(this WebApplication app) => app;

    /// <summary>Not by AddHostedService, which takes a type but once.</summary>
    private static IServiceCollection AddLoop<TLoop>(this IServiceCollection services, Func<IServiceProvider, TLoop> find)
        where TLoop : class, IHostedService, IDrainable => services
        .AddSingleton<IDrainable>(find)
        .AddSingleton<IHostedService>(find);

    private static CompactorVolumes CreateVolumes(IServiceProvider services)
    {
        var options = services.GetRequiredService<S3CompactorOptions>();
        var volumes = new WalVolumeSet(options.Volumes.Select(static volume => volume.ToVolume()));
        var files = FaultInjectingFileSystem.Wrap(
            PosixWalFileSystem.Instance, volumes, services.GetRequiredService<FaultControl>());
        return new CompactorVolumes(
            files,
            volumes,
            new WalReadSettings
            {
                Name = "compactor",
                ThreadsPerVolume = options.VolumeThreads,
                Timeout = options.VolumeTimeout,
                // A drain has time; only a volume that hangs for longer than a storage failover takes makes it give up.
                StalledTimeout = options.VolumeTimeout,
            },
            new WalReadEnvironment(
                services.GetRequiredService<BufferPool>(),
                services.GetRequiredService<SegmentWriterPeer>(),
                Metrics: services.GetRequiredService<WalReadMetrics>(),
                Time: services.GetRequiredService<TimeProvider>(),
                Objects: services.GetRequiredService<IObjectStore>().For(RequestCause.Drain)));
    }
}
