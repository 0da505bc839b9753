using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// Who sent each value, where each lies, and in what order, kept up as events go by. Says itself what contradicts that: two values at one
/// offset, one value at two, values that nobody sent.
/// </summary>
internal sealed class HistoryIndex(HistoryReport report)
{
    private readonly Dictionary<string, KeyLog> _keys = new(StringComparer.Ordinal);
    private readonly List<KeyLog> _keysByNumber = [];
    private readonly List<SendingOperation> _operations = [];
    private readonly Dictionary<int, ProducerOrder> _producers = [];
    private readonly Dictionary<(int Process, long Id), SendingOperation> _open = [];
    private int _producerCount;

    public PagedTable<ValueState> Values { get; } = new(ValueState.Unknown);

    public IReadOnlyList<KeyLog> Keys => _keysByNumber;

    public IReadOnlyList<SendingOperation> Operations => _operations;

    public SendingOperation? OperationOf(in ValueState value) => value.IsSent ? _operations[value.Operation] : null;

    public KeyLog KeyOf(in ValueState value) => _keysByNumber[value.Key];

    public KeyLog Key(string name)
    {
        if (!_keys.TryGetValue(name, out var key))
        {
            key = new KeyLog(_keysByNumber.Count, name);
            _keys.Add(name, key);
            _keysByNumber.Add(key);
        }

        return key;
    }

    /// <summary>The settings that a process's clients were opened with last.</summary>
    public ClientSettings SettingsOf(int process) => Producer(process).Client;

    /// <summary>The operation that an invocation or an end belongs to, while it is open.</summary>
    public SendingOperation? FindOpen(HistoryEvent line) => _open.GetValueOrDefault((line.Process, line.Id));

    /// <summary>
    /// Whether the value at an offset is there for every consumer: one of committed records polled it, or its operation is ok.
    /// </summary>
    public bool IsVisible(KeyLog key, long offset)
    {
        var at = key.Values.Find(offset);
        if (at == KeyLog.Nothing)
        {
            return false;
        }

        var value = Values.Find(at);
        return value.Offset == offset
            && OperationOf(value) is { } operation
            && (value.PolledCommitted || (value.IsPolled && !operation.IsTransaction) || operation.MustBeVisible);
    }

    public void Observe(HistoryEvent line)
    {
        switch (line.Operation)
        {
            case Operation.Open when line.Outcome is Outcome.Ok or Outcome.Info:
                _producers[line.Process] = new ProducerOrder(_producerCount++, line.Process, line.Client ?? new ClientSettings());
                break;
            case Operation.Send or Operation.Txn when line.Outcome == Outcome.Invoke:
                Begin(line);
                break;
            case Operation.Send or Operation.Txn or Operation.Poll when line.Outcome != Outcome.Invoke:
                End(line);
                break;
            case Operation.ListOffsets when line.Outcome == Outcome.Ok:
                foreach (var step in line.Steps)
                {
                    var key = Key(step.Key);
                    key.LogStartOffset = Math.Max(key.LogStartOffset, step.Numbers.Offset);
                }

                break;
        }
    }

    /// <summary>To be called when every check has seen the end of an operation.</summary>
    public void Close(HistoryEvent line)
    {
        if (line.Outcome != Outcome.Invoke)
        {
            _open.Remove((line.Process, line.Id));
        }
    }

    private ProducerOrder Producer(int process)
    {
        if (!_producers.TryGetValue(process, out var producer))
        {
            _producers[process] = producer = new ProducerOrder(_producerCount++, process, new ClientSettings());
        }

        return producer;
    }

    private void Begin(HistoryEvent line)
    {
        var operation = new SendingOperation
        {
            Number = _operations.Count,
            Producer = Producer(line.Process),
            IsTransaction = line.Operation == Operation.Txn,
            Line = line.Line,
        };
        _operations.Add(operation);
        _open[(line.Process, line.Id)] = operation;
        foreach (var step in line.Steps.Where(static step => step.Kind == StepKind.Send))
        {
            var key = Key(step.Key);
            foreach (var run in step.Runs)
            {
                for (var i = 0L; i < run.Count; i++)
                {
                    Values.At(run.Value + i) = ValueState.Unknown with { Key = key.Number, Operation = operation.Number };
                }
            }
        }
    }

    private void End(HistoryEvent line)
    {
        if (FindOpen(line) is { } operation)
        {
            operation.Outcome = line.Outcome;
        }

        foreach (var step in line.Steps)
        {
            foreach (var run in step.Runs)
            {
                if (step.Kind == StepKind.Send && run.HasOffset)
                {
                    PlaceAcked(Key(step.Key), run, line);
                }
                else if (step.Kind == StepKind.Poll)
                {
                    PlacePolled(Key(step.Key), run, line);
                }
            }
        }
    }

    private void PlaceAcked(KeyLog key, in RecordRun run, HistoryEvent line)
    {
        key.HighestKnownOffset = Math.Max(key.HighestKnownOffset, run.LastOffset);
        for (var i = 0L; i < run.Count; i++)
        {
            var (offset, number) = (run.Offset + i, run.Value + i);
            ref var value = ref Values.At(number);
            value.AckOffset = offset;
            if (value.IsPolled && value.PolledOffset != offset)
            {
                AddWrongAck(value, key, line, $"value {number} was polled at {value.PolledOffset}, acknowledged at {offset}");
            }

            Place(key, offset, number, line);
        }
    }

    private void PlacePolled(KeyLog key, in RecordRun run, HistoryEvent line)
    {
        key.HighestKnownOffset = Math.Max(key.HighestKnownOffset, run.LastOffset);
        key.HighestPolledOffset = Math.Max(key.HighestPolledOffset, run.LastOffset);
        var readCommitted = SettingsOf(line.Process).ReadCommitted;
        for (var i = 0L; i < run.Count; i++)
        {
            var (offset, number) = (run.Offset + i, run.Value + i);
            ref var value = ref Values.At(number);
            if (value.Key != key.Number)
            {
                var sentTo = value.IsSent ? $"sent to {KeyOf(value).Name}" : "not sent";
                report.Add(AnomalyKind.PhantomRead, key.Name, line.Line, $"value {number} at {offset} was {sentTo}");
            }
            else
            {
                SetPolled(ref value, key, offset, number, line);
                value.PolledCommitted |= readCommitted;
                _operations[value.Operation].IsSeen |= readCommitted;
            }

            Place(key, offset, number, line);
        }
    }

    private void SetPolled(ref ValueState value, KeyLog key, long offset, long number, HistoryEvent line)
    {
        if (!value.IsPolled)
        {
            value.PolledOffset = offset;
            if (value.AckOffset >= 0 && value.AckOffset != offset)
            {
                AddWrongAck(value, key, line, $"value {number} was acknowledged at {value.AckOffset}, polled at {offset}");
            }
        }
        else if (value.PolledOffset != offset && key.Values.Find(offset) != number)
        {
            AddDuplicate(_operations[value.Operation], key, line, $"value {number} at {value.PolledOffset} and {offset}");
        }
    }

    private void AddWrongAck(in ValueState value, KeyLog key, HistoryEvent line, string details)
    {
        if (_operations[value.Operation].Producer.Client.MayDuplicate)
        {
            // The copy that was acknowledged is another one; that it lies where it was said to, its place shows.
            report.AddAllowed(AnomalyKind.Duplicate);
        }
        else
        {
            report.Add(AnomalyKind.WrongAckOffset, key.Name, line.Line, details);
        }
    }

    private void AddDuplicate(SendingOperation operation, KeyLog key, HistoryEvent line, string details)
    {
        if (operation.Producer.Client.MayDuplicate)
        {
            report.AddAllowed(AnomalyKind.Duplicate);
        }
        else
        {
            report.Add(AnomalyKind.Duplicate, key.Name, line.Line, details);
        }
    }

    private void Place(KeyLog key, long offset, long number, HistoryEvent line)
    {
        ref var at = ref key.Values.At(offset);
        if (at == KeyLog.Nothing)
        {
            at = number;
        }
        else if (at != number)
        {
            report.Add(AnomalyKind.InconsistentOffsets, key.Name, line.Line, $"offset {offset} has value {at} and value {number}");
        }
    }
}
