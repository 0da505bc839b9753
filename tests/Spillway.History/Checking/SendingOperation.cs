using Spillway.History.Events;

namespace Spillway.History.Checking;

/// <summary>A send or a transaction.</summary>
internal sealed class SendingOperation
{
    public required int Number { get; init; }

    public required ProducerOrder Producer { get; init; }

    public required bool IsTransaction { get; init; }

    /// <summary>The line of its invocation.</summary>
    public required long Line { get; init; }

    /// <summary><see cref="Outcome.Invoke"/> while it has no end, which means the same as info.</summary>
    public Outcome Outcome { get; set; } = Outcome.Invoke;

    /// <summary>Whether any of its values was polled by a consumer of committed records.</summary>
    public bool IsSeen { get; set; }

    /// <summary>Its effects have to be visible: it is ok, or a transaction of unknown fate of which a part was seen.</summary>
    public bool MustBeVisible => Outcome == Outcome.Ok || (IsTransaction && IsSeen && Outcome != Outcome.Fail);
}
