using Spillway.History.Events;
using Spillway.History.Files;

namespace Spillway.Chaos.Workload;

/// <summary>The lines of one process. Thread-safe.</summary>
internal sealed class ProcessHistory(HistoryWriter history, int process)
{
    // Values have to be unique over all processes and to increase within one.
    private const int ValueBits = 36;

    private long _id;
    private long _value = (long)process << ValueBits;

    public int Process => process;

    /// <summary>Takes the next values.</summary>
    public long TakeValues(int count) => Interlocked.Add(ref _value, count) - count;

    /// <summary>An operation begins; the result joins its end to it.</summary>
    public long Begin(Operation operation, params Step[] steps)
    {
        var id = Interlocked.Increment(ref _id);
        Write(Outcome.Invoke, operation, id, null, steps);
        return id;
    }

    public void End(long id, Operation operation, Outcome outcome, string? error, params Step[] steps) =>
        Write(outcome, operation, id, error, steps);

    /// <summary>Something that has no beginning.</summary>
    public void Write(Outcome outcome, Operation operation, params Step[] steps) => Write(outcome, operation, 0, null, steps);

    public void Open(ClientSettings settings) =>
        history.Write(new HistoryEvent { Outcome = Outcome.Ok, Operation = Operation.Open, Process = process, Client = settings });

    /// <summary>An error that was seen on the way, whatever comes of it.</summary>
    public void NoteError(string error) =>
        history.Write(new HistoryEvent { Outcome = Outcome.Info, Operation = Operation.Note, Process = process, Error = error });

    public void NoteFatal(string text) =>
        history.Write(new HistoryEvent { Outcome = Outcome.Info, Operation = Operation.Fatal, Process = process, Text = text });

    private void Write(Outcome outcome, Operation operation, long id, string? error, Step[] steps) => history.Write(new HistoryEvent
    {
        Outcome = outcome,
        Operation = operation,
        Process = process,
        Id = id,
        Error = error,
        Steps = steps,
    });
}
