namespace Spillway.Kafka.Generator.Schema;

/// <summary>One field line of a message or structure.</summary>
internal sealed class FieldSchema(string name, FieldKind kind, bool isArray, string? structName, int line)
{
    public string Name { get; } = name;

    public FieldKind Kind { get; } = kind;

    public bool IsArray { get; } = isArray;

    /// <summary>The structure of the element, where the kind is <see cref="FieldKind.Struct"/>.</summary>
    public string? StructName { get; } = structName;

    public int Line { get; } = line;

    public VersionRange Versions { get; set; } = VersionRange.None;

    public VersionRange NullableVersions { get; set; } = VersionRange.None;

    /// <summary>The tag, in whose section the field lies in all its versions; null where it lies in line.</summary>
    public int? Tag { get; set; }

    public bool IsIgnorable { get; set; }

    /// <summary>True where lengths stay plain even in flexible versions (the client id of the request header).</summary>
    public bool IsNeverCompact { get; set; }

    /// <summary>The text of the default; null where the schema says nothing.</summary>
    public string? Default { get; set; }

    public bool IsNullable => !NullableVersions.IsEmpty;

    /// <summary>True where a new message holds null: records always, others where the schema says so.</summary>
    public bool IsNullByDefault => Kind == FieldKind.Records && !IsArray || Default == "null";
}
