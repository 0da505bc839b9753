using System.Globalization;

namespace Spillway.Rpc;

/// <summary>The value of <c>grpc-timeout</c>: at most eight digits and a unit of H, M, S, m, u or n.</summary>
internal static class GrpcTimeout
{
    private const long DigitsMax = 99_999_999;

    /// <summary>Rounds up, so that the server's deadline never ends before the client's; the largest unit that is needed.</summary>
    public static string Format(TimeSpan timeout)
    {
        var ticks = Math.Max(timeout.Ticks, 0);
        ReadOnlySpan<(long Ticks, char Unit)> units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'),
            (TimeSpan.TicksPerMillisecond, 'm'),
            (TimeSpan.TicksPerSecond, 'S'),
            (TimeSpan.TicksPerMinute, 'M'),
            (TimeSpan.TicksPerHour, 'H'),
        ];
        foreach (var (unitTicks, unit) in units)
        {
            var count = (ticks / unitTicks) + (ticks % unitTicks == 0 ? 0 : 1);
            if (count <= DigitsMax)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }
        return string.Create(CultureInfo.InvariantCulture, $"{DigitsMax}H");
    }

    /// <summary>False where the text is not a timeout; then the call has no deadline of its sender's.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9
            || !long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }
        var (ticksPerUnit, unitsPerTick) = text[^1] switch
        {
            'H' => (TimeSpan.TicksPerHour, 1L),
            'M' => (TimeSpan.TicksPerMinute, 1L),
            'S' => (TimeSpan.TicksPerSecond, 1L),
            'm' => (TimeSpan.TicksPerMillisecond, 1L),
            'u' => (TimeSpan.TicksPerMicrosecond, 1L),
            'n' => (1L, (long)TimeSpan.NanosecondsPerTick),
            _ => (0L, 1L),
        };
        if (ticksPerUnit == 0)
        {
            return false;
        }
        timeout = TimeSpan.FromTicks(count * ticksPerUnit / unitsPerTick);
        return true;
    }
}
