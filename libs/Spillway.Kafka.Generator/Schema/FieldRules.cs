using System.Globalization;

namespace Spillway.Kafka.Generator.Schema;

/// <summary>What a field line may say, beyond its grammar.</summary>
internal static class FieldRules
{
    /// <summary>Returns what is wrong, or null.</summary>
    public static string? Check(FieldSchema field)
    {
        if (field.IsArray && field.Kind is (FieldKind.Bytes or FieldKind.Records))
        {
            return "arrays of bytes or records do not occur in the protocol and are not supported";
        }

        if (field.IsNullable && !field.IsArray && IsNumber(field.Kind))
        {
            return $"a {field.Kind} cannot be null";
        }

        if (field.Default is null)
        {
            return null;
        }

        if (field.Default == "null")
        {
            return field.IsNullable ? null : "the default is null, but no version is nullable";
        }

        if (field.IsArray || !IsNumber(field.Kind) && field.Kind != FieldKind.String)
        {
            return "only null can be the default here";
        }

        return field.Kind == FieldKind.String || TryNumber(field, out _) ? null : $"'{field.Default}' is no default here";
    }

    /// <summary>The default of a number, a bool or a uuid as C# writes it.</summary>
    public static bool TryNumber(FieldSchema field, out string literal)
    {
        literal = "";
        var text = field.Default!;
        switch (field.Kind)
        {
            case FieldKind.Bool:
                literal = text;
                return text is "true" or "false";
            case FieldKind.Int8:
                return TryInteger(text, sbyte.MinValue, sbyte.MaxValue, out literal);
            case FieldKind.Int16:
                return TryInteger(text, short.MinValue, short.MaxValue, out literal);
            case FieldKind.UInt16:
                return TryInteger(text, ushort.MinValue, ushort.MaxValue, out literal);
            case FieldKind.Int32:
                return TryInteger(text, int.MinValue, int.MaxValue, out literal);
            case FieldKind.UInt32:
                return TryInteger(text, uint.MinValue, uint.MaxValue, out literal);
            case FieldKind.Int64:
                return TryInteger(text, long.MinValue, long.MaxValue, out literal);
            default:
                return false;
        }
    }

    private static bool IsNumber(FieldKind kind) => kind is not
        (FieldKind.String or FieldKind.Bytes or FieldKind.Records or FieldKind.Struct);

    private static bool TryInteger(string text, long min, long max, out string literal)
    {
        var isHex = text.StartsWith("0x", StringComparison.Ordinal);
        var isNumber = long.TryParse(
            isHex ? text.Substring(2) : text,
            isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var value);
        literal = value.ToString(CultureInfo.InvariantCulture);
        return isNumber && value >= min && value <= max;
    }
}
