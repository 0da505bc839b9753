using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// Information does not flow in a circle. An edge wr: a transaction polled what another one sent; ww: it sent directly behind another one.
/// Cycles of wr alone are forbidden to consumers of committed records; Kafka isolates no writes, so those with ww are only counted.
/// </summary>
internal sealed class TransactionCycleCheck(HistoryIndex index, HistoryReport report) : IHistoryCheck
{
    private readonly Dictionary<int, HashSet<int>> _writeReads = [];

    public void Observe(HistoryEvent line)
    {
        if (line.Operation != Operation.Txn
            || line.Outcome is Outcome.Invoke or Outcome.Fail
            || !index.SettingsOf(line.Process).ReadCommitted
            || index.FindOpen(line) is not { } reader)
        {
            return;
        }

        foreach (var run in line.Steps.Where(static step => step.Kind == StepKind.Poll).SelectMany(static step => step.Runs))
        {
            for (var i = 0L; i < run.Count; i++)
            {
                if (index.OperationOf(index.Values.Find(run.Value + i)) is { IsTransaction: true } writer && writer != reader)
                {
                    Link(_writeReads, writer.Number, reader.Number);
                }
            }
        }
    }

    public void Finish()
    {
        foreach (var cycle in StronglyConnected.FindCycles(_writeReads))
        {
            var lines = cycle.Select(number => index.Operations[number].Line).Order().ToArray();
            report.Add(
                AnomalyKind.CircularReads, "", lines[0], $"transactions of lines {string.Join(", ", lines.Take(10))} polled from each other");
        }

        var writeWrites = WriteWrites();
        foreach (var cycle in StronglyConnected.FindCycles(writeWrites))
        {
            report.AddAllowed(AnomalyKind.WriteCycle);
        }

        foreach (var (from, targets) in _writeReads)
        {
            foreach (var to in targets)
            {
                Link(writeWrites, from, to);
            }
        }

        foreach (var cycle in StronglyConnected.FindCycles(writeWrites))
        {
            report.AddAllowed(AnomalyKind.CircularReadsAndWrites);
        }
    }

    private Dictionary<int, HashSet<int>> WriteWrites()
    {
        var edges = new Dictionary<int, HashSet<int>>();
        foreach (var key in index.Keys)
        {
            SendingOperation? last = null;
            foreach (var (offset, number) in key.InOrder())
            {
                if (index.OperationOf(index.Values.Find(number)) is { IsTransaction: true } writer && index.IsVisible(key, offset))
                {
                    if (last is not null && last != writer)
                    {
                        Link(edges, last.Number, writer.Number);
                    }

                    last = writer;
                }
            }
        }

        return edges;
    }

    private static void Link(Dictionary<int, HashSet<int>> edges, int from, int to)
    {
        if (!edges.TryGetValue(from, out var targets))
        {
            edges[from] = targets = [];
        }

        targets.Add(to);
    }
}
