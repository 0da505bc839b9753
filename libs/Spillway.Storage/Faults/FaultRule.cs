using System.Text;
using Spillway.Kafka.Records;

namespace Spillway.Storage.Faults;

/// <summary>
/// A line of the control file while it is in force: whether it strikes now, and its end, which those it holds up wait for. Thread-safe.
/// </summary>
internal sealed class FaultRule
{
    private readonly Lock _lock = new(); // guards what follows
    private readonly Random _random;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer? _timer;
    private int _skipLeft;
    private int _countLeft;

    public FaultRule(string text, FaultLine line, TimeProvider time)
    {
        Text = text;
        Line = line;
        Calls = line.ToCalls();
        _skipLeft = Line.Skip;
        _countLeft = Line.Count ?? int.MaxValue;
        // The same line strikes by the same pattern in every run.
        _random = new Random((int)Crc32C.Compute(Encoding.UTF8.GetBytes(text)));
        if (Line.Seconds is { } seconds)
        {
            _timer = time.CreateTimer(
                static rule => ((FaultRule)rule!).End(), this, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The line as it stands in the file: two that are the same are one rule that goes on.</summary>
    public string Text { get; }

    public FaultLine Line { get; }

    public FaultKind Kind => Line.Fault;

    public FaultCall Calls { get; }

    /// <summary>Completes when the rule is no longer in force.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whether it is for such a call; what is said of stale views is said of those not opened afresh.</summary>
    public bool IsFor(string? volume, FaultCall call, bool isFresh) =>
        (Calls & call) != 0
        && volume is not null
        && Line.Volume is { } name
        && (name == "*" || name == volume)
        && (!isFresh || Line.Fresh || Kind is not (FaultKind.StaleSize or FaultKind.StalePage));

    public bool IsFor(string failPoint) => Line.FailPoint == failPoint;

    /// <summary>Whether the rule strikes the call that asks; a strike counts.</summary>
    public bool TryStrike()
    {
        if (_ended.Task.IsCompleted)
        {
            return false;
        }

        lock (_lock)
        {
            if (_skipLeft > 0)
            {
                _skipLeft--;
                return false;
            }

            if (_countLeft == 0 || (Line.Probability < 1 && _random.NextDouble() >= Line.Probability))
            {
                return false;
            }

            _countLeft -= _countLeft == int.MaxValue ? 0 : 1;
            return true;
        }
    }

    /// <summary>A number from 0 to one below the bound.</summary>
    public int Next(int exclusiveMax)
    {
        lock (_lock)
        {
            return _random.Next(exclusiveMax);
        }
    }

    public void End()
    {
        _timer?.Dispose();
        _ended.TrySetResult();
    }
}
