using System.Globalization;

namespace Spillway.Tool.CommandLine;

/// <summary>Numbers as people read them. Invariant: the output is the same on every machine.</summary>
internal static class Words
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Hex(uint number) => number.ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>A time in ms since 1970; a dash where there is none.</summary>
    public static string Time(long timestampMs) => timestampMs is < 0 or > 253_402_300_799_999
        ? "-"
        : DateTimeOffset.FromUnixTimeMilliseconds(timestampMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    public static string Bytes(double bytes)
    {
        var unit = 0;
        for (; bytes >= 1024 && unit < Units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.##} {Units[unit]}");
    }

    public static string Age(TimeSpan age) => age.TotalDays >= 2 ? Rounded(age.TotalDays, "days")
        : age.TotalHours >= 2 ? Rounded(age.TotalHours, "h")
        : age.TotalMinutes >= 2 ? Rounded(age.TotalMinutes, "min")
        : Rounded(Math.Max(age.TotalSeconds, 0), "s");

    public static string Count(long count, string one) => count == 1 ? $"1 {one}" : $"{Of(count)} {one}s";

    private static string Rounded(double number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number:0.#} {unit}");
}
