using System.Globalization;

namespace Spillway.Kafka.Configs;

/// <summary>Reads config values as Kafka does: trimmed, booleans in any case, numbers in plain decimal.</summary>
internal static class ConfigValue
{
    public static bool IsOfType(ConfigType type, string value) => type switch
    {
        ConfigType.Boolean => bool.TryParse(value, out _),
        ConfigType.Int => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        ConfigType.Short => short.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        ConfigType.Long => long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        ConfigType.Double => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number),
        _ => true,
    };

    public static long ToLong(string value) => long.Parse(value, NumberStyles.Integer, CultureInfo.InvariantCulture);

    public static double ToDouble(string value) => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);

    public static string[] ToList(string value) =>
        value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
