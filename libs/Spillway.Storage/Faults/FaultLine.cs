using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spillway.Storage.Faults;

/// <summary>One line of the control file. What each property means stands in docs/testing/faults.md.</summary>
internal sealed record FaultLine
{
    private const int OneDaySeconds = 86_400;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // A misspelt property must not make a fault that nobody meant.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    public string? Id { get; init; }

    public string? Volume { get; init; }

    public string? FailPoint { get; init; }

    public required FaultKind Fault { get; init; }

    public IReadOnlyList<FaultCall>? Calls { get; init; }

    public FaultErrno Errno { get; init; } = FaultErrno.Eio;

    public int Ms { get; init; }

    public double Probability { get; init; } = 1;

    public int Skip { get; init; }

    public int? Count { get; init; }

    public double? Seconds { get; init; }

    public bool Fresh { get; init; }

    private bool IsForFailPoint => Fault is FaultKind.Crash or FaultKind.Pause or FaultKind.Lose;

    /// <exception cref="FormatException">It is no such line.</exception>
    public static FaultLine Parse(string text)
    {
        FaultLine? line;
        try
        {
            line = JsonSerializer.Deserialize<FaultLine>(text, Json);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{e.Message} In: {text}", e);
        }

        var reason = line is null ? "it is null" : line.FindReasonToRefuse();
        return reason is null ? line! : throw new FormatException($"{reason} In: {text}");
    }

    /// <summary>The calls it is for: those that are named, else those that the fault is about.</summary>
    public FaultCall ToCalls()
    {
        if (Calls is { Count: > 0 })
        {
            return Calls.Aggregate(FaultCall.None, static (all, call) => all | call);
        }

        return Fault switch
        {
            FaultKind.Freeze => FaultCall.All,
            FaultKind.ShortWrite or FaultKind.TornBlock => FaultCall.Write,
            FaultKind.StaleSize or FaultKind.StalePage => FaultCall.Read,
            _ => FaultCall.Flush,
        };
    }

    private string? FindReasonToRefuse() => this switch
    {
        { Volume: null, FailPoint: null } => "It names neither a volume nor a failPoint.",
        { Volume: not null, FailPoint: not null } => "It names a volume and a failPoint.",
        { FailPoint: not null, IsForFailPoint: false } => "A failPoint takes crash, pause or lose.",
        { Volume: not null, Fault: FaultKind.Pause or FaultKind.Lose } => "pause and lose are for a failPoint.",
        { Fault: FaultKind.Delay, Ms: <= 0 } => "A delay needs ms above 0.",
        { Probability: not (> 0 and <= 1) } => "probability is above 0 and at most 1.",
        { Skip: < 0 } or { Count: < 1 } => "skip is at least 0 and count at least 1.",
        { Seconds: not (null or (> 0 and <= OneDaySeconds)) } => "seconds is above 0 and at most a day.",
        _ => null,
    };
}
