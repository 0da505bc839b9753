using Spillway.History.Files;
using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.Chaos;

/// <summary>What a run showed.</summary>
/// <param name="Report">The checker's word on the history.</param>
/// <param name="UnexpectedExits">Services that ended by themselves.</param>
/// <param name="Histories">The files that were checked.</param>
internal sealed record ChaosResult(
    HistoryReport Report, IReadOnlyCollection<string> UnexpectedExits, IReadOnlyList<string> Histories)
{
    public bool IsClean => Report is { IsClean: true, HasFinal: true } && UnexpectedExits.Count == 0;

    /// <summary>Sends that did not end well, of the processes for which that is a failure.</summary>
    public IReadOnlyList<HistoryEvent> FailedSends(Func<int, bool> process) =>
    [
        .. HistoryReader.ReadMerged(Histories)
            .Where(line => line is { Operation: Operation.Send, Outcome: Outcome.Fail or Outcome.Info } && process(line.Process)),
    ];

    public override string ToString() =>
        string.Join('\n', [Report.ToString(), .. UnexpectedExits, Report.HasFinal ? "" : "no final phase", .. Histories]);
}
