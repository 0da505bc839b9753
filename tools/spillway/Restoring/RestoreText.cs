using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Restoring;

/// <summary>A <see cref="RestorePlan"/> and a <see cref="RestoreOutcome"/> for people.</summary>
internal static class RestoreText
{
    public static void Print(RestorePlan plan, TextWriter output)
    {
        output.WriteLine($"cluster       {plan.ClusterId}");
        foreach (var copy in plan.LeftOut)
        {
            output.WriteLine($"LEFT OUT      {copy}");
        }

        if (plan.Copy is null)
        {
            output.WriteLine("NO COPY       none is whole: this cluster cannot be restored from here");
            return;
        }

        output.WriteLine($"copy          {plan.Copy}, checked");
        output.WriteLine(
            $"taken         {Words.Time(plan.CopyTimeMs)}, incarnation {Words.Of(plan.Incarnation)}; a restore begins {Words.Of(plan.NextIncarnation)}");
        output.WriteLine(
            $"holds         {Words.Count(plan.Topics, "topic")}, {Words.Count(plan.Partitions, "partition")}, {Words.Count(plan.Groups, "group")}");
        output.WriteLine($"objects       {Words.Of(plan.NamedObjects)} named, {Words.Of(plan.MissingObjects.Count)} of them missing");
        foreach (var key in plan.MissingObjects)
        {
            output.WriteLine($"MISSING       {key}");
        }

        output.WriteLine($"stored after  {Words.Count(plan.LaterObjects, "object")}, {Words.Bytes(plan.LaterBytes)}: taken as far as they go on without a gap");
        foreach (var wal in plan.Wal)
        {
            output.WriteLine(
                $"wal {wal.Volume}: {Words.Count(wal.Segments, "segment")} with {Words.Bytes(wal.Bytes)}; {Words.Of(wal.LostSegments)} not there, with "
                + $"{Words.Count(wal.LostOffsets, "offset")}: lost, but for what objects stored after the copy hold");
        }

        output.WriteLine($"transactions  {Words.Of(plan.OpenTransactions.Count)} open, to be aborted {string.Join(' ', plan.OpenTransactions)}".TrimEnd());
        output.WriteLine("lost          what was committed after the copy and lies in no object");
        output.WriteLine();
        output.WriteLine("With every service stopped, start one metadata node with an empty folder, without Founders and Join, and with");
        foreach (var setting in plan.Settings)
        {
            output.WriteLine($"  {setting}");
        }

        output.WriteLine("then `spillway restore --from … --report` (docs/operations.md, Restoring a lost metadata cluster).");
    }

    public static void Print(RestoreOutcome outcome, TextWriter output)
    {
        output.WriteLine($"cluster       {outcome.ClusterId}");
        output.WriteLine($"incarnation   {Words.Of(outcome.Incarnation)}");
        output.WriteLine();
        foreach (var line in outcome.Report)
        {
            output.WriteLine(line);
        }

        output.WriteLine();
        output.WriteLine("Once you are content, start the metadata nodes with this, so that what nothing names is deleted again:");
        output.WriteLine($"  {outcome.Confirmation}");
    }
}
