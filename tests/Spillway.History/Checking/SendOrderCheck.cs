using Spillway.History.Reporting;
using Spillway.History.Events;

namespace Spillway.History.Checking;

/// <summary>
/// A producer's sends lie in a partition in the order it made them, which is that of their values. Of a producer without sequence numbers only
/// the acknowledged ones: one whose fate is not known may come late.
/// </summary>
internal sealed class SendOrderCheck(HistoryIndex index, HistoryReport report) : IHistoryCheck
{
    public void Observe(HistoryEvent line)
    {
    }

    public void Finish()
    {
        foreach (var key in index.Keys)
        {
            FinishKey(key);
        }
    }

    private void FinishKey(KeyLog key)
    {
        var lastByProducer = new Dictionary<int, (long Value, int Operation)>();
        var lastByTransaction = new Dictionary<int, int>();
        var position = 0;
        foreach (var (offset, number) in key.InOrder())
        {
            var value = index.Values.Find(number);
            if (value.Offset != offset || value.Key != key.Number || index.OperationOf(value) is not { } operation)
            {
                continue; // A contradiction that the index has reported.
            }

            var client = operation.Producer.Client;
            if (client.MayDuplicate || (!client.Idempotent && value.AckOffset < 0))
            {
                continue;
            }

            if (lastByProducer.TryGetValue(operation.Producer.Number, out var last) && last.Value > number)
            {
                report.Add(
                    last.Operation == operation.Number ? AnomalyKind.IntNonmonotonicSend : AnomalyKind.NonmonotonicSend,
                    key.Name,
                    operation.Line,
                    $"process {operation.Producer.Process} sent value {number} before {last.Value}, and it lies behind it at {offset}");
            }

            lastByProducer[operation.Producer.Number] = (number, operation.Number);
            position++;
            if (operation.IsTransaction)
            {
                if (lastByTransaction.TryGetValue(operation.Number, out var before) && before != position - 1)
                {
                    report.AddAllowed(AnomalyKind.IntSendSkip);
                }

                lastByTransaction[operation.Number] = position;
            }
        }
    }
}
