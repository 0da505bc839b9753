namespace Spillway.Storage.Faults;

/// <summary>Faults on purpose, for tests of a running system. Off unless a file is named.</summary>
public sealed class FaultOptions
{
    /// <summary>The section these values are bound from.</summary>
    public const string Section = "Spillway:Faults";

    /// <summary>
    /// The file whose lines say which faults this process makes, read anew ten times a second (docs/testing/faults.md). Default: none,
    /// no faults and no cost. Never name one where there is data that somebody wants.
    /// </summary>
    public string ControlFile { get; init; } = "";
}
