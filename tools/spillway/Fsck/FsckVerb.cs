using System.Globalization;
using Spillway.Tool.Clusters;
using Spillway.Storage.Objects;
using Spillway.Tool.CommandLine;
using Spillway.Tool.Fsck.Volumes;
using Spillway.Tool.Stores;

namespace Spillway.Tool.Fsck;

/// <summary>Compares what a cluster's index names with what lies on its volumes and in its bucket.</summary>
internal sealed class FsckVerb : IVerb
{
    private const string StorePrefix = "store:";

    private static readonly VerbOption Store = new("--store", "PATH|s3://BUCKET/PREFIX", "the object store, with its KeyPrefix");
    private static readonly VerbOption Volume = new("--volume", "NAME=PATH|NAME=store:PREFIX",
        "a WAL volume: where it is mounted here, or the keys that it has in the store; once for each");
    private static readonly VerbOption Verify = new("--verify", null, "read the bytes of every entry and check them");
    private static readonly VerbOption Grace = new("--grace", "HH:MM:SS", "leave alone what is younger; default 01:00:00");
    private static readonly VerbOption DeleteUnknown =
        new("--delete-unknown", null, "delete unknown objects of this cluster older than the grace");

    public string Name => "fsck";

    public string Operands => "";

    public string Summary => "compares index, volumes and bucket of a running cluster";

    public IReadOnlyList<VerbOption> Options { get; } =
        [Cluster.Metadata, Store, Volume, Verify, Grace, DeleteUnknown, VerbOption.S3Endpoint, VerbOption.S3Region];

    public async Task<int> RunAsync(Arguments arguments, Printer printer, CancellationToken cancellationToken)
    {
        arguments.ThrowIfOperands();
        var location = arguments.Get(Store);
        await using var cluster = Cluster.Open(arguments);
        var store = StoreLocation.OpenStore(location, arguments);
        using var disposed = store as IDisposable;
        var run = new FsckRun(
            cluster.Containers, cluster.Index, cluster.Image, store, ReadVolumes(arguments, store), ReadSettings(arguments));
        var report = await run.RunAsync(cancellationToken);
        printer.Print(report, FsckText.Print);
        return ExitCodeOf(report);
    }

    internal static int ExitCodeOf(FsckReport report) => report.Findings.Any(f => f.IsDamage) ? ExitCode.Damaged
        : report.Findings.Count > 0 ? ExitCode.Leftovers
        : report.UncheckedEntriesByVolume.Count > 0 ? ExitCode.Unavailable
        : ExitCode.Sound;

    private static Dictionary<string, ISegmentVolume> ReadVolumes(Arguments arguments, IObjectStore store)
    {
        var volumes = new Dictionary<string, ISegmentVolume>(StringComparer.Ordinal);
        foreach (var text in arguments.All(Volume))
        {
            var (name, place) = text.IndexOf('=', StringComparison.Ordinal) is > 0 and var split
                ? (text[..split], text[(split + 1)..])
                : ("", "");
            var isOfStore = place.StartsWith(StorePrefix, StringComparison.Ordinal);
            ISegmentVolume volume = isOfStore
                ? new StoreVolume(name, place[StorePrefix.Length..].TrimEnd('/'), store)
                : new MountedVolume(name, place);
            if (place.Length <= (isOfStore ? StorePrefix.Length : 0) || !volumes.TryAdd(name, volume))
            {
                throw new UsageException($"{Volume.Name} is '{text}'; it is {Volume.Value}, each name once.");
            }
        }

        return volumes;
    }

    private static FsckSettings ReadSettings(Arguments arguments)
    {
        var grace = TimeSpan.FromHours(1);
        if (arguments.Find(Grace) is { } given
            && !(TimeSpan.TryParseExact(given, @"hh\:mm\:ss", CultureInfo.InvariantCulture, out grace) && grace >= TimeSpan.Zero))
        {
            throw new UsageException($"{Grace.Name} is '{given}'; it is {Grace.Value}.");
        }

        return new FsckSettings(arguments.Has(Verify), grace, arguments.Has(DeleteUnknown));
    }
}
