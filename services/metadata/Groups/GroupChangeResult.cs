namespace Spillway.Metadata.Groups;

/// <summary>How a write of a coordinator ended.</summary>
/// <param name="Accepted">False: it was decided on another state than the durable one.</param>
internal sealed record GroupChangeResult(bool Accepted)
{
    public static GroupChangeResult Taken { get; } = new(true);

    public static GroupChangeResult Refused { get; } = new(false);
}
