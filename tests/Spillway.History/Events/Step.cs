namespace Spillway.History.Events;

/// <summary>One step of an operation on one partition.</summary>
/// <param name="Kind">What it did.</param>
/// <param name="Key">The partition, as <c>topic-partition</c>.</param>
/// <param name="Runs">Records, or the numbers that the factories below put in their place.</param>
/// <param name="Group">The consumer group, where it matters.</param>
public sealed record Step(StepKind Kind, string Key, IReadOnlyList<RecordRun> Runs, string? Group = null)
{
    /// <summary>The only run of the kinds that have one.</summary>
    public RecordRun Numbers => Runs[0];

    public static Step Send(string key, params RecordRun[] runs) => new(StepKind.Send, key, runs);

    public static Step Poll(string key, params RecordRun[] runs) => new(StepKind.Poll, key, runs);

    public static Step Position(string key, long offset) => Of(StepKind.Position, key, offset, 0, 1);

    public static Step Rebalance(string key) => new(StepKind.Rebalance, key, []);

    public static Step Corrupt(string key, long offset) => Of(StepKind.Corrupt, key, offset, 0, 1);

    public static Step View(string key, long logStart, long highWatermark, long lastStable) =>
        Of(StepKind.View, key, logStart, highWatermark, lastStable);

    public static Step Committed(string group, string key, long offset) =>
        new(StepKind.Committed, key, [new RecordRun(offset, 0, 1)], group);

    public static Step End(string key, long position, long end) => Of(StepKind.End, key, position, end, 1);

    public static Step Digest(string key, long firstOffset, long count, long digest) =>
        Of(StepKind.Digest, key, firstOffset, digest, count);

    public static Step Lookup(string key, long timestamp, long answered, long scanned) =>
        Of(StepKind.Lookup, key, timestamp, answered, scanned);

    private static Step Of(StepKind kind, string key, long a, long b, long c) => new(kind, key, [new RecordRun(a, b, c)]);
}
