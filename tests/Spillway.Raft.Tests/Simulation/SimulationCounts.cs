using System.Globalization;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>How much happened: a simulation in which nothing happens proves nothing.</summary>
internal sealed record SimulationCounts
{
    public int Seeds { get; init; }

    public long Acknowledged { get; init; }

    public long Unknown { get; init; }

    public long Refused { get; init; }

    public long Reads { get; init; }

    public long Terms { get; init; }

    public long Starts { get; init; }

    public long Messages { get; init; }

    public long MessagesLost { get; init; }

    public long SnapshotsFetched { get; init; }

    public long FetchesBroken { get; init; }

    public long CrashesBetweenSendAndFlush { get; init; }

    public SortedDictionary<string, long> Faults { get; init; } = [];

    public SortedDictionary<string, long> MemberChanges { get; init; } = [];

    public static SimulationCounts operator +(SimulationCounts one, SimulationCounts other) => new()
    {
        Seeds = one.Seeds + other.Seeds,
        Acknowledged = one.Acknowledged + other.Acknowledged,
        Unknown = one.Unknown + other.Unknown,
        Refused = one.Refused + other.Refused,
        Reads = one.Reads + other.Reads,
        Terms = one.Terms + other.Terms,
        Starts = one.Starts + other.Starts,
        Messages = one.Messages + other.Messages,
        MessagesLost = one.MessagesLost + other.MessagesLost,
        SnapshotsFetched = one.SnapshotsFetched + other.SnapshotsFetched,
        FetchesBroken = one.FetchesBroken + other.FetchesBroken,
        CrashesBetweenSendAndFlush = one.CrashesBetweenSendAndFlush + other.CrashesBetweenSendAndFlush,
        Faults = Sum(one.Faults, other.Faults),
        MemberChanges = Sum(one.MemberChanges, other.MemberChanges),
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Seeds} seeds: {Acknowledged} commands acknowledged, {Unknown} unknown, {Refused} refused, {Reads} reads; "
        + $"{Terms} leaders, {Starts} starts, {Messages} messages of which {MessagesLost} lost; "
        + $"{SnapshotsFetched} snapshots fetched, {FetchesBroken} broken off; "
        + $"{CrashesBetweenSendAndFlush} crashes between send and flush; faults: {Text(Faults)}; "
        + $"members: {Text(MemberChanges)}");

    private static string Text(SortedDictionary<string, long> counts) =>
        string.Join(", ", counts.Select(static count => $"{count.Key} {count.Value}"));

    private static SortedDictionary<string, long> Sum(
        SortedDictionary<string, long> one, SortedDictionary<string, long> other)
    {
        var sum = new SortedDictionary<string, long>(one);
        foreach (var (key, count) in other)
        {
            sum[key] = sum.GetValueOrDefault(key) + count;
        }

        return sum;
    }
}
