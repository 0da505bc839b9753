using System.Globalization;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>A condition on the version, folded to <c>true</c> or <c>false</c> where it is always one of them.</summary>
internal static class Cond
{
    public const string Always = "true";
    public const string Never = "false";

    /// <summary>Whether the version lies in <paramref name="range"/>, given that it lies in <paramref name="reach"/>.</summary>
    public static string In(VersionRange range, VersionRange reach)
    {
        if (range.Covers(reach))
        {
            return Always;
        }

        if (range.Intersect(reach).IsEmpty)
        {
            return Never;
        }

        var from = range.First > reach.First ? "version >= " + Text(range.First) : null;
        var to = range.Last < reach.Last ? "version <= " + Text(range.Last) : null;
        return from is null ? to! : to is null ? from : $"{from} && {to}";
    }

    public static string Choose(string condition, string yes, string no) => condition switch
    {
        Always => yes,
        Never => no,
        _ => yes == no ? yes : $"({condition} ? {yes} : {no})",
    };

    private static string Text(short version) => version.ToString(CultureInfo.InvariantCulture);
}
