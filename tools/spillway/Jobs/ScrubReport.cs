using Spillway.Rpc.Metadata;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Jobs;

/// <summary>How far the scrub is and what it found. Times are metadata's, in ms since 1970; 0: there is none.</summary>
internal sealed record ScrubReport(
    long PassStartMs,
    long ObjectsDone,
    long ObjectsTotal,
    long BytesDone,
    long BytesTotal,
    long ObjectsUnread,
    long LastStartMs,
    long LastEndMs,
    long DamagedCount,
    IReadOnlyList<DamagedReport> Damaged,
    long NowMs)
{
    public static ScrubReport Of(ScrubInfo info) => new(
        info.PassStartMs,
        info.ObjectsDone,
        info.ObjectsTotal,
        info.BytesDone,
        info.BytesTotal,
        info.ObjectsUnread,
        info.LastStartMs,
        info.LastEndMs,
        info.DamagedCount,
        [.. info.Damaged.Select(static found => new DamagedReport(
            found.ObjectId, found.Key, NameOf(found.Damage), found.Position, found.Reason, found.FoundMs))],
        info.NowMs);

    public void Print(TextWriter output)
    {
        var pass = PassStartMs == 0
            ? "none under way"
            : $"{Words.Of(ObjectsDone)} of {Words.Count(ObjectsTotal, "object")}, {Words.Bytes(BytesDone)} of {Words.Bytes(BytesTotal)}, since {Since(PassStartMs)}";
        output.WriteLine($"scrub      {pass}; {(LastEndMs == 0 ? "no pass has ended yet" : $"the last pass ended {Since(LastEndMs)} ago")}");
        if (ObjectsUnread > 0)
        {
            output.WriteLine($"unread     {Words.Count(ObjectsUnread, "object")}");
        }

        if (DamagedCount == 0)
        {
            return;
        }

        output.WriteLine($"damaged    {Words.Count(DamagedCount, "object")}");
        foreach (var found in Damaged)
        {
            output.WriteLine($"  {found.Key} ({Words.Of(found.ObjectId)}): {found.Damage} at {Words.Of(found.Position)}: {found.Reason}");
        }

        if (DamagedCount > Damaged.Count)
        {
            output.WriteLine($"  and {Words.Of(DamagedCount - Damaged.Count)} more");
        }
    }

    private static string NameOf(ObjectDamageKind kind) => kind switch
    {
        ObjectDamageKind.Missing => "missing",
        ObjectDamageKind.Length => "length",
        ObjectDamageKind.Footer => "footer",
        ObjectDamageKind.Index => "index",
        ObjectDamageKind.DataBlock => "data block",
        _ => "unknown",
    };

    private string Since(long ms) => Words.Age(TimeSpan.FromMilliseconds(Math.Max(0, NowMs - ms)));
}
