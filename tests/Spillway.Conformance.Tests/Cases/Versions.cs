namespace Spillway.Conformance.Tests.Cases;

/// <summary>The versions of an API that a case holds for; both ends included.</summary>
internal readonly record struct Versions(short First, short Last)
{
    /// <summary>Every version that is served.</summary>
    public static Versions All => new(0, short.MaxValue);

    public static Versions Since(short first) => new(first, short.MaxValue);

    public static Versions Until(short last) => new(0, last);

    public static Versions Between(short first, short last) => new(first, last);

    public static Versions Only(short version) => new(version, version);
}
