namespace Spillway.History.Events;

/// <summary>
/// One line of a history. The order of lines is real time: whatever ended before something else began stands before it. Values are unique
/// over the whole history, and those of one process increase in the order it sends them.
/// </summary>
public sealed class HistoryEvent
{
    public required Outcome Outcome { get; init; }

    public required Operation Operation { get; init; }

    /// <summary>The worker: one producer and one consumer.</summary>
    public int Process { get; init; }

    /// <summary>Joins the end of an operation to its invocation, within the process.</summary>
    public long Id { get; init; }

    /// <summary>Microseconds since 1970; the writer sets it.</summary>
    public long WallMicros { get; set; }

    /// <summary>Microseconds of the machine's monotonic clock; the writer sets it.</summary>
    public long MonotonicMicros { get; set; }

    public IReadOnlyList<Step> Steps { get; init; } = [];

    /// <summary>Kafka's name of the error, or <c>timeout</c>, <c>disconnect</c>, <c>abort</c>.</summary>
    public string? Error { get; init; }

    /// <summary>For people; for a fault its kind and whom it hits.</summary>
    public string? Text { get; init; }

    /// <summary>With <see cref="Operation.Open"/>.</summary>
    public ClientSettings? Client { get; init; }

    /// <summary>Where it stands in its file, from 1; the reader sets it.</summary>
    public long Line { get; set; }
}
