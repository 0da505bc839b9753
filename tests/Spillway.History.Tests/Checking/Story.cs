using System.Buffers;
using Spillway.History.Checking;
using Spillway.History.Events;
using Spillway.History.Files;
using Spillway.History.Reporting;

namespace Spillway.History.Tests.Checking;

/// <summary>A history told by hand. Times go on by a second a line; every line goes through the format and back.</summary>
internal sealed class Story
{
    public const string A = "a-0";
    public const string B = "b-0";

    private readonly List<HistoryEvent> _lines = [];
    private long _id;

    /// <summary>Opens clients that are as safe as Kafka's can be, unless told otherwise.</summary>
    public Story Open(int process, bool idempotent = true, bool readCommitted = true, bool mayDuplicate = false) => Add(
        new HistoryEvent
        {
            Outcome = Outcome.Ok,
            Operation = Operation.Open,
            Process = process,
            Client = new ClientSettings { Idempotent = idempotent, ReadCommitted = readCommitted, MayDuplicate = mayDuplicate },
        });

    /// <summary>A send from beginning to end.</summary>
    public Story Send(
        int process, string key, long value, long offset, Outcome outcome = Outcome.Ok, int count = 1, string? error = null) =>
        Run(process, Operation.Send, outcome, error, Step.Send(key, new RecordRun(offset, value, count)));

    /// <summary>A poll of values at offsets.</summary>
    public Story Poll(int process, string key, params (long Offset, long Value)[] records) =>
        Run(process, Operation.Poll, Outcome.Ok, null, PollOf(key, records));

    public Story Txn(int process, Outcome outcome, params Step[] steps) => Run(process, Operation.Txn, outcome, null, steps);

    public Story Assign(int process, params (string Key, long Offset)[] positions) =>
        Run(process, Operation.Assign, Outcome.Ok, null, [.. positions.Select(static p => Step.Position(p.Key, p.Offset))]);

    public Story Seek(int process, string key, long offset) =>
        Run(process, Operation.Seek, Outcome.Ok, null, Step.Position(key, offset));

    public Story Subscribe(int process, params string[] keys) =>
        Run(process, Operation.Subscribe, Outcome.Ok, null, [.. keys.Select(static key => Step.Position(key, -1))]);

    public Story Final(Outcome outcome = Outcome.Ok, params Step[] steps) => Run(0, Operation.Final, outcome, null, steps);

    /// <summary>An operation from beginning to end.</summary>
    public Story Run(int process, Operation operation, Outcome outcome, string? error, params Step[] steps)
    {
        var id = Begin(process, operation, steps);
        return End(process, id, operation, outcome, error, steps);
    }

    /// <summary>The beginning alone; what is answered is not known yet.</summary>
    public long Begin(int process, Operation operation, params Step[] steps)
    {
        Add(new HistoryEvent
        {
            Outcome = Outcome.Invoke,
            Operation = operation,
            Process = process,
            Id = ++_id,
            Steps = [.. steps.Where(static step => step.Kind != StepKind.Poll).Select(WithoutOffsets)],
        });
        return _id;
    }

    public Story End(int process, long id, Operation operation, Outcome outcome, string? error, params Step[] steps) => Add(
        new HistoryEvent { Outcome = outcome, Operation = operation, Process = process, Id = id, Error = error, Steps = steps });

    public Story Add(HistoryEvent line)
    {
        line.Line = _lines.Count + 1;
        line.MonotonicMicros = line.Line * 1_000_000;
        _lines.Add(line);
        return this;
    }

    public HistoryReport Check(CheckerOptions? options = null) => HistoryChecker.Check(_lines.Select(ThroughTheFormat), options);

    /// <summary>The kinds of anomaly found.</summary>
    public AnomalyKind[] Kinds(CheckerOptions? options = null) => [.. Check(options).Counts.Keys.Order()];

    public static Step PollOf(string key, params (long Offset, long Value)[] records) =>
        Step.Poll(key, [.. records.Select(static record => new RecordRun(record.Offset, record.Value, 1))]);

    public static Step SendOf(string key, long value, long offset) => Step.Send(key, new RecordRun(offset, value, 1));

    private static Step WithoutOffsets(Step step) => step.Kind == StepKind.Send
        ? step with { Runs = [.. step.Runs.Select(static run => run with { Offset = -1 })] }
        : step;

    private static HistoryEvent ThroughTheFormat(HistoryEvent line)
    {
        var bytes = new ArrayBufferWriter<byte>();
        HistoryJson.Write(bytes, line);
        var read = HistoryJson.Read(bytes.WrittenSpan[..^1]);
        read.Line = line.Line;
        return read;
    }
}
