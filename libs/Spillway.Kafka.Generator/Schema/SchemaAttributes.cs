using System.Globalization;

namespace Spillway.Kafka.Generator.Schema;

/// <summary>Takes message and field lines apart: positional words, then <c>name=value</c> attributes and flags.</summary>
internal static class SchemaAttributes
{
    public static MessageSchema? ParseMessage(SchemaLine line, out string? problem)
    {
        var words = line.Words;
        MessageKind? kind = words[0] switch
        {
            "request" => MessageKind.Request,
            "response" => MessageKind.Response,
            "header" => MessageKind.Header,
            "data" => MessageKind.Data,
            _ => null,
        };
        if (kind is null || words.Length < 3)
        {
            problem = "expected: request|response|header|data NAME [key=N] versions=V flexible=V";
            return null;
        }

        var message = new MessageSchema(kind.Value, words[1], line.Number);
        foreach (var word in words.Skip(2))
        {
            if (!TrySet(message, word))
            {
                problem = $"'{word}' is not understood";
                return null;
            }
        }

        var ownsKey = kind is MessageKind.Request or MessageKind.Response;
        problem =
            !CSharpNames.IsIdentifier(message.Name) ? $"'{message.Name}' is not a name"
            : message.Versions.IsEmpty || message.Versions.Last == short.MaxValue
                ? $"{message.Name} has no closed range of versions"
            : ownsKey != message.ApiKey.HasValue ? "requests and responses have an API key, nothing else has"
            : null;
        return problem is null ? message : null;
    }

    public static FieldSchema? ParseField(SchemaLine line, out string? problem)
    {
        var words = line.Words;
        if (words.Length < 3)
        {
            problem = "expected: NAME TYPE VERSIONS and attributes";
            return null;
        }

        var isArray = words[1].StartsWith("[]", StringComparison.Ordinal);
        var type = isArray ? words[1].Substring(2) : words[1];
        var kind = KindOf(type);
        var field = new FieldSchema(words[0], kind, isArray, kind == FieldKind.Struct ? type : null, line.Number);
        problem =
            !CSharpNames.IsIdentifier(field.Name) ? $"'{field.Name}' is not a name"
            : kind == FieldKind.Struct && !CSharpNames.IsIdentifier(type) ? $"'{type}' is neither a type nor a structure"
            : null;
        if (problem is not null)
        {
            return null;
        }

        if (!VersionRange.TryParse(words[2], out var versions) || versions.IsEmpty)
        {
            problem = $"'{words[2]}' is not a range of versions";
            return null;
        }

        field.Versions = versions;
        foreach (var word in words.Skip(3))
        {
            if (!TrySet(field, word))
            {
                problem = $"'{word}' is not understood";
                return null;
            }
        }

        return field;
    }

    private static bool TrySet(MessageSchema message, string word)
    {
        var (name, value) = Split(word);
        switch (name)
        {
            case "key" when short.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var key):
                message.ApiKey = key;
                return true;
            case "versions" when VersionRange.TryParse(value, out var versions):
                message.Versions = versions;
                return true;
            case "flexible" when VersionRange.TryParse(value, out var flexible)
                                 && (flexible.IsEmpty || flexible.Last == short.MaxValue):
                message.FlexibleVersions = flexible;
                return true;
            case "unstable" when VersionRange.TryParse(value, out var unstable):
                message.UnstableVersions = unstable;
                return true;
            default:
                return false;
        }
    }

    private static bool TrySet(FieldSchema field, string word)
    {
        var (name, value) = Split(word);
        switch (name)
        {
            case "ignorable" when value.Length == 0:
                field.IsIgnorable = true;
                return true;
            case "nullable" when VersionRange.TryParse(value, out var nullable):
                field.NullableVersions = nullable;
                return true;
            case "tag" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var tag):
                field.Tag = tag;
                return true;
            case "default":
                field.Default = value;
                return true;
            case "flexible" when value == "none":
                field.IsNeverCompact = true;
                return true;
            default:
                return false;
        }
    }

    private static (string Name, string Value) Split(string word)
    {
        var at = word.IndexOf('=');
        return at < 0 ? (word, "") : (word.Substring(0, at), word.Substring(at + 1));
    }

    private static FieldKind KindOf(string type) => type switch
    {
        "bool" => FieldKind.Bool,
        "int8" => FieldKind.Int8,
        "int16" => FieldKind.Int16,
        "uint16" => FieldKind.UInt16,
        "int32" => FieldKind.Int32,
        "uint32" => FieldKind.UInt32,
        "int64" => FieldKind.Int64,
        "float64" => FieldKind.Float64,
        "uuid" => FieldKind.Uuid,
        "string" => FieldKind.String,
        "bytes" => FieldKind.Bytes,
        "records" => FieldKind.Records,
        _ => FieldKind.Struct,
    };
}
