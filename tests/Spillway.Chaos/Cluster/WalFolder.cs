using System.Globalization;
using System.Text.RegularExpressions;
using Spillway.Testing.Processes;

namespace Spillway.Chaos.Cluster;

/// <summary>The files on the WAL volume, by what their names say: segment, writer, epoch.</summary>
internal sealed partial class WalFolder(string folder)
{
    /// <summary>All files there are now.</summary>
    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(folder).Select(static path => Path.GetFileName(path)).Order()];

    /// <summary>
    /// Waits until all there is now is gone but what writers hold open: drained while the workload goes on, or by nobody's use for it.
    /// </summary>
    /// <param name="asleep">A writer that holds nothing open; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task UntilDeletedAsync(ServiceProcess? asleep, CancellationToken cancellationToken)
    {
        int? asleepId = asleep is null ? null : WriterIdOf(asleep);
        var files = List();
        if (files.Count == 0)
        {
            throw new InvalidOperationException("there is nothing that could be deleted");
        }

        await Deadline.UntilAsync(
            () => FindOverdue(files, asleepId).Count == 0,
            TimeSpan.FromSeconds(120),
            "all segments of a moment are deleted",
            cancellationToken,
            () => $"left: {string.Join(' ', FindOverdue(files, asleepId))}; now: {string.Join(' ', List())}");
    }

    /// <summary>
    /// Those of the files that are still there and have no business to be. A writer at work has a segment open ahead of need, which stays
    /// for as long as nobody uses it: it is the newest of its writer. Whatever is older goes, and a writer that is asleep has no newest.
    /// </summary>
    /// <param name="files">Names that were listed before.</param>
    /// <param name="asleepWriterId">The writer whose epoch ends by its lease; null for none.</param>
    private List<string> FindOverdue(IReadOnlyList<string> files, int? asleepWriterId)
    {
        var present = List();
        var newest = present.GroupBy(WriterIdOf).Where(writer => writer.Key != asleepWriterId).Select(static writer => writer.Max()!);
        return [.. files.Intersect(present).Except(newest)];
    }

    /// <summary>The id that metadata gave a writer, from the writer's own log.</summary>
    private static int WriterIdOf(ServiceProcess writer) =>
        int.Parse(RegisteredId().Matches(File.ReadAllText(writer.LogPath))[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    private static int WriterIdOf(string file) => int.Parse(NamedId().Match(file).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"event=1251 .* writerId=(\d+) ")]
    private static partial Regex RegisteredId();

    [GeneratedRegex(@"^\d{12}-w(\d+)-e\d+\.wal$")]
    private static partial Regex NamedId();
}
