using Spillway.History.Files;
using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.Chaos;

/// <summary>What a run showed.</summary>
/// <param name="Seed">What was drawn was drawn from it.</param>
/// <param name="Report">The checker's word on the history.</param>
/// <param name="UnexpectedExits">Services that ended by themselves.</param>
/// <param name="Histories">The files that were checked.</param>
/// <param name="Resumes">How long stock clients stood still after faults of metadata.</param>
internal sealed record ChaosResult(
    int Seed,
    HistoryReport Report,
    IReadOnlyCollection<string> UnexpectedExits,
    IReadOnlyList<string> Histories,
    IReadOnlyList<ResumeTimes> Resumes)
{
    public bool IsClean => Report is { IsClean: true, HasFinal: true } && UnexpectedExits.Count == 0;

    /// <summary>Sends that did not end well, of the processes for which that is a failure.</summary>
    public IReadOnlyList<HistoryEvent> FailedSends(Func<int, bool> process) =>
    [
        .. HistoryReader.ReadMerged(Histories)
            .Where(line => line is { Operation: Operation.Send, Outcome: Outcome.Fail or Outcome.Info } && process(line.Process)),
    ];

    /// <summary>One line: the seed, what was done, what went wrong, and the medians.</summary>
    public string Summary() => $"seed {Seed}: {Report.Summary()}{string.Concat(Resumes.Select(static times => $"; {times}"))}";

    /// <summary>The first line names an anomaly too: it is all that a short report shows.</summary>
    public override string ToString() => string.Join(
        '\n', [Report.Anomalies is [var first, ..] ? $"{Summary()}; first: {first}" : Summary(), .. Report.Anomalies.Select(static anomaly => $"  {anomaly}"), .. UnexpectedExits, Report.HasFinal ? "" : "no final phase", .. Histories]);
}
