using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Fsck;

/// <summary>A <see cref="FsckReport"/> for people.</summary>
internal static class FsckText
{
    public static void Print(FsckReport report, TextWriter output)
    {
        foreach (var finding in report.Findings)
        {
            output.WriteLine($"{finding.Kind.ToString().ToUpperInvariant(),-8} {finding.Place}: {finding.Reason}");
        }

        foreach (var (volume, count) in report.UncheckedEntriesByVolume)
        {
            output.WriteLine($"note     {Words.Count(count, "range")} on volume {volume} not looked at: --volume {volume}=…");
        }

        if (report.YoungUnknownCount > 0)
        {
            output.WriteLine($"note     {Words.Of(report.YoungUnknownCount)} unknown, younger than the grace");
        }

        if (report.DeletedCount > 0)
        {
            output.WriteLine($"deleted  {Words.Count(report.DeletedCount, "unknown object")}");
        }

        output.WriteLine(
            $"{Words.Count(report.LogCount, "log")}, {Words.Of(report.EntryCount)} index entries ({Words.Bytes(report.EntryBytes)}, "
            + $"{Words.Of(report.VerifiedEntryCount)} read and checked), {Words.Count(report.SegmentCount, "segment")}, {Words.Count(report.ObjectCount, "object")}");
        output.WriteLine(report.Findings.Count == 0 && report.UncheckedEntriesByVolume.Count == 0
            ? "sound"
            : $"{Words.Of(report.Findings.Count(f => f.IsDamage))} damaged, {Words.Of(report.Findings.Count(f => !f.IsDamage))} left over");
    }
}
