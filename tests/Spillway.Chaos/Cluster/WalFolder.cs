using System.Globalization;
using System.Text.RegularExpressions;

namespace Spillway.Chaos.Cluster;

/// <summary>The files on the WAL volume, by what their names say: segment, writer, epoch.</summary>
internal sealed partial class WalFolder(string folder)
{
    /// <summary>All files there are now.</summary>
    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(folder).Select(static path => Path.GetFileName(path)).Order()];

    /// <summary>
    /// Those of the files that are still there and have no business to be. A writer at work has a segment open ahead of need, which stays
    /// for as long as nobody uses it: it is the newest of its writer. Whatever is older goes, and a writer that is asleep has no newest.
    /// </summary>
    /// <param name="files">Names that were listed before.</param>
    /// <param name="asleepWriterId">The writer whose epoch ends by its lease; null for none.</param>
    public IReadOnlyList<string> FindOverdue(IReadOnlyList<string> files, int? asleepWriterId)
    {
        var present = List();
        var newest = present.GroupBy(WriterIdOf).Where(writer => writer.Key != asleepWriterId).Select(static writer => writer.Max()!);
        return [.. files.Intersect(present).Except(newest)];
    }

    /// <summary>The id that metadata gave a writer, from the writer's own log.</summary>
    public static int WriterIdOf(ServiceProcess writer) =>
        int.Parse(RegisteredId().Matches(File.ReadAllText(writer.LogPath))[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    private static int WriterIdOf(string file) => int.Parse(NamedId().Match(file).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"event=1251 .* writerId=(\d+) ")]
    private static partial Regex RegisteredId();

    [GeneratedRegex(@"^\d{12}-w(\d+)-e\d+\.wal$")]
    private static partial Regex NamedId();
}
