namespace Spillway.Chaos.Nemesis;

/// <summary>One thing that goes wrong for a while.</summary>
/// <param name="Kind">Its kind, one word.</param>
/// <param name="Target">Whom it hits, for people.</param>
/// <param name="Duration">How long; zero for what is over at once.</param>
/// <param name="Begin">Makes it so.</param>
/// <param name="End">Puts it right again.</param>
internal sealed record Fault(string Kind, string Target, TimeSpan Duration, Func<Task> Begin, Action End)
{
    public override string ToString() => $"{Kind} {Target}";
}
