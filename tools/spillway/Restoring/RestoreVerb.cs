using System.Globalization;
using System.Text;
using Spillway.Storage.Copies;
using Spillway.Storage.Objects;
using Spillway.Tool.CommandLine;
using Spillway.Tool.Stores;

namespace Spillway.Tool.Restoring;

/// <summary>
/// Looks at what a lost cluster left in its object store, says what a restore would bring back, and with which settings a metadata node does it.
/// Changes nothing (docs/operations.md).
/// </summary>
internal sealed class RestoreVerb : IVerb
{
    private static readonly VerbOption From = new("--from", "PATH|s3://BUCKET/PREFIX", "the lost cluster's object store, with its KeyPrefix");
    private static readonly VerbOption ClusterId = new("--cluster", "ID", "which one, where the store has copies of several");
    private static readonly VerbOption Report = new("--report", null, "show what the last restore reported, and how it is confirmed");

    public string Name => "restore";

    public string Operands => "";

    public string Summary => "what a lost cluster's object store brings back, and how";

    public IReadOnlyList<VerbOption> Options { get; } =
        [From, ClusterId, VolumePaths.Option, Report, VerbOption.S3Endpoint, VerbOption.S3Region];

    public async Task<int> RunAsync(Arguments arguments, Printer printer, CancellationToken cancellationToken)
    {
        arguments.ThrowIfOperands();
        var volumes = VolumePaths.Read(arguments);
        var store = StoreLocation.OpenStore(arguments.Get(From), arguments);
        using var disposed = store as IDisposable;
        var clusterId = await FindClusterAsync(store, arguments, cancellationToken);
        if (arguments.Has(Report))
        {
            printer.Print(await ReadReportAsync(store, clusterId, cancellationToken), RestoreText.Print);
            return ExitCode.Sound;
        }

        var plan = await new RestorePlanning(store, volumes).MakeAsync(clusterId, cancellationToken);
        printer.Print(plan, RestoreText.Print);
        return plan.Copy is null || plan.MissingObjects.Count > 0 ? ExitCode.Damaged
            : plan.LeftOut.Count > 0 || plan.Wal.Any(static wal => wal.LostSegments > 0) ? ExitCode.Leftovers
            : ExitCode.Sound;
    }

    private static async Task<string> FindClusterAsync(IObjectStore store, Arguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Find(ClusterId) is { } given)
        {
            return Guid.TryParse(given, out var id)
                ? id.ToString("n")
                : throw new UsageException($"{ClusterId.Name} is '{given}'; it is the 32 digits that stand under meta/.");
        }

        var clusters = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var stored in store.ListAsync(SnapshotCopyName.RootPrefix, cancellationToken))
        {
            if (stored.Key.Split('/') is [_, var cluster, _, ..])
            {
                clusters.Add(cluster);
            }
        }

        return clusters.Count switch
        {
            1 => clusters.Min!,
            0 => throw new DirectoryNotFoundException("There are no copies of metadata in this store (meta/)."),
            _ => throw new UsageException($"There are copies of several clusters: {string.Join(", ", clusters)}. Name one by {ClusterId.Name}."),
        };
    }

    private static async Task<RestoreOutcome> ReadReportAsync(IObjectStore store, string clusterId, CancellationToken cancellationToken)
    {
        var listing = await new SnapshotCopyStore(store).ListAsync(clusterId, cancellationToken);
        for (var incarnation = listing.LastIncarnation; incarnation > 0; incarnation--)
        {
            var key = SnapshotCopyName.ReportOf(clusterId, incarnation);
            if (await store.FindAsync(key, cancellationToken) is { } found)
            {
                var bytes = new byte[found.SizeBytes];
                await store.ReadRangeAsync(key, 0, bytes, cancellationToken);
                return new RestoreOutcome(
                    clusterId,
                    incarnation,
                    Encoding.UTF8.GetString(bytes).TrimEnd('\n').Split('\n'),
                    string.Create(CultureInfo.InvariantCulture, $"Spillway__Metadata__ConfirmedIncarnation={incarnation}"));
            }
        }

        throw new FileNotFoundException($"Cluster {clusterId} was not restored yet: there is no report.");
    }
}
