using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Spillway.Kafka.Buffers;
using Spillway.Rpc;
using Spillway.Rpc.Append;
using Spillway.Rpc.Reading;
using Spillway.ServiceDefaults.Configuration;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Faults;
using Spillway.Storage.Wal.Reading;
using Spillway.Storage.Wal.S3;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Flushing;
using Spillway.WalWriter.Reading;
using Spillway.WalWriter.Sessions;
using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter;

/// <summary>
/// The WAL writer as a module. It needs an <c>IRegistrationService</c> and an <c>IWalCommitService</c> (metadata's, in
/// process or over gRPC) from its host, and gives it an <see cref="IWalAppendService"/>.
/// </summary>
public static class WalWriterServices
{
    /// <summary>Adds the writer.</summary>
    public static WebApplicationBuilder AddWalWriter(this WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<WalWriterOptions>(WalWriterOptions.Section, WalWriterOptions.Validate);
        var services = builder.Services;
        builder.AddSpillwayOptions<FaultOptions>(FaultOptions.Section);
        services.AddFaults();
        // Used by volumes of kind S3 alone; this tells the host that its keys are known.
        builder.AddSpillwayOptions<ObjectStoreOptions>(ObjectStoreOptions.Section);
        services.AddObjectStore();
        services.AddSingleton<WalWriterMetrics>();
        services.AddSingleton(static s => s.GetRequiredService<WalWriterMetrics>().ObserveBudget(new AppendBudget(
            s.GetRequiredService<WalWriterOptions>().InFlightBytesMax, s.GetRequiredService<TimeProvider>())));
        services.AddSingleton<WriterEnvironment>();
        services.AddReading();

        services.AddSingleton<IWalFileSystem>(PosixWalFileSystem.Instance);
        services.AddSingleton(static s => CreateStorage(
            s.GetRequiredService<IWalFileSystem>(),
            s.GetRequiredService<FaultControl>(),
            s.GetRequiredService<WriterEnvironment>(),
            FindObjectStore(s)));

        services.AddSingleton<WalAppendService>();
        services.AddSingleton<IWalAppendService>(static s => s.GetRequiredService<WalAppendService>());

        services.AddSingleton<WriterNeighbours>();
        services.AddSingleton<WriterLoop>();
        services.AddHostedService(static s => s.GetRequiredService<WriterLoop>());
        services.AddSingleton<IDrainable>(static s => s.GetRequiredService<WriterLoop>());
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<WriterLoop>());
        return builder;
    }

    /// <summary>Adds the listener that a process of its own serves frontends on.</summary>
    public static WebApplicationBuilder AddWalWriterListener(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<WalWriterOptions>().Validate(
            static options => options.AdvertisedAddress.Length > 0,
            $"{WalWriterOptions.Section}:{nameof(WalWriterOptions.AdvertisedAddress)} must say where frontends reach this writer");
        builder.Services.AddLargeBlockMemoryPool();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            var options = kestrel.ApplicationServices.GetRequiredService<WalWriterOptions>();
            kestrel.Listen(
                IPAddress.Parse(options.RpcAddress), options.RpcPort, static listen => listen.ConfigureRpcListener());
        });
        return builder;
    }

    /// <summary>Serves frontends of other processes.</summary>
    public static WebApplication MapWalWriter(this WebApplication app)
    {
        app.MapWalAppend(app.Services.GetRequiredService<IWalAppendService>());
        app.MapWalRead(app.Services.GetRequiredService<IWalReadService>());
        return app;
    }

    private static void AddReading(this IServiceCollection services)
    {
        services.TryAddSingleton(BufferPool.Shared);
        services.TryAddSingleton<WalReadMetrics>();
        services.AddSingleton(static s => s.GetRequiredService<WalWriterMetrics>()
            .ObserveRecent(new RecentBlocks(s.GetRequiredService<WalWriterOptions>()
                .FindRecentBytesMax(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes))));
        services.AddSingleton<IWalReadService>(CreateReadService);
    }

    private static WalReadService CreateReadService(IServiceProvider services)
    {
        var options = services.GetRequiredService<WalWriterOptions>();
        var volumes = new WalVolumeSet(options.Volumes.Select(static volume => volume.ToVolume()));
        var files = FaultInjectingFileSystem.Wrap(
            services.GetRequiredService<IWalFileSystem>(), volumes, services.GetRequiredService<FaultControl>());
        // A reader of its own: other modules of the process have theirs, which ask this service where they fail.
        var reader = new WalSegmentReader(
            files,
            volumes,
            new WalReadSettings { Name = "writer", ThreadsPerVolume = 2, QueuedReadsMax = 256 },
            new WalReadEnvironment(
                services.GetRequiredService<BufferPool>(),
                Metrics: services.GetRequiredService<WalReadMetrics>(),
                Time: services.GetRequiredService<TimeProvider>(),
                Objects: FindObjectStore(services)));
        return new WalReadService(
            services.GetRequiredService<RecentBlocks>(), reader, services.GetRequiredService<WalWriterMetrics>());
    }

    /// <summary>The store, where a volume is in it; else it is not even made.</summary>
    private static IObjectStore? FindObjectStore(IServiceProvider services) =>
        services.GetRequiredService<WalWriterOptions>().Volumes.Any(static volume => volume.Kind == WalVolumeKind.S3)
            ? services.GetRequiredService<IObjectStore>().For(RequestCause.Wal)
            : null;

    /// <summary>An object store has no size to run out of.</summary>
    private static Func<long> CreateMeasure(WriterVolumeOptions volume, IWalFileSystem files) =>
        volume.Kind == WalVolumeKind.S3 ? static () => 0 : () => files.MeasureFolder(volume.Path);

    internal static WalStorage CreateStorage(
        IWalFileSystem fileSystem, FaultControl faults, WriterEnvironment environment, IObjectStore? objects = null)
    {
        var options = environment.Options;
        S3Volume? objectVolume = objects is null ? null : new S3Volume(objects, options.S3.ToSettings(), environment.Time);
        var set = new WalVolumeSet(options.Volumes.Select(static volume => volume.ToVolume()));
        var files = FaultInjectingFileSystem.Wrap(fileSystem, set, faults);
        WriterVolume[] volumes =
        [
            .. options.Volumes.Select(volume => new WriterVolume(volume, CreateMeasure(volume, files), environment)),
        ];
        environment.Metrics.ObserveVolumes(volumes);
        return new WalStorage(
            new WalSegmentFactory(files, set, objectVolume),
            volumes,
            new WalSegmentSettings(options.SegmentBytes, options.FlushMode, options.FlushThreads));
    }
}
