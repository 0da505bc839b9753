using System.Globalization;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>One field as the emitters see it: its C# type and name, and what the version decides about it.</summary>
internal sealed class FieldCode
{
    private static readonly HashSet<string> RootNames =
        ["MinVersion", "MaxVersion", "FirstFlexibleVersion", "ApiKey", "Read", "Size", "Write"];

    private static readonly HashSet<string> StructNames = ["Read", "Size", "Write", "MinSize", "IsDefault"];

    private readonly string _messageName;

    public FieldCode(MessageSchema message, StructSchema owner, FieldSchema field)
    {
        _messageName = message.Name;
        Schema = field;
        IsRoot = owner == message.Root;
        Path = IsRoot ? $"{message.Name}.{field.Name}" : $"{message.Name}.{owner.Name}.{field.Name}";
        Property = Clashes(message, owner, field.Name) ? field.Name + "Value" : field.Name;
        Reach = field.Versions.Intersect(owner.Reach);
        Present = Cond.In(field.Versions, owner.Reach);
        Flexible = field.IsNeverCompact ? Cond.Never
            : field.Tag is not null ? Cond.Always
            : message.FlexibleVersions.Covers(Reach) ? Cond.Always
            : message.FlexibleVersions.Intersect(Reach).IsEmpty ? Cond.Never
            : "flexible";
        NullAllowed = Cond.In(field.NullableVersions, Reach);
    }

    public FieldSchema Schema { get; }

    public bool IsRoot { get; }

    /// <summary>The field's name in error messages.</summary>
    public string Path { get; }

    public string Property { get; }

    public VersionRange Reach { get; }

    /// <summary>The condition that the field is on the wire, given the versions of its structure.</summary>
    public string Present { get; }

    /// <summary>The condition that lengths are compact, given that the field is on the wire.</summary>
    public string Flexible { get; }

    /// <summary>The condition that null may be on the wire, given that the field is.</summary>
    public string NullAllowed { get; }

    public bool IsTagged => Schema.Tag is not null;

    public bool IsDirectStruct => Schema.Kind == FieldKind.Struct && !Schema.IsArray;

    /// <summary>True where the property makes its empty value only when asked, so that an absent one costs nothing.</summary>
    public bool IsLazy => !Schema.IsNullable && (Schema.IsArray || IsDirectStruct);

    public bool CanBeNull => Schema.IsNullable || (Schema.Kind == FieldKind.Records && !Schema.IsArray);

    /// <summary>What reads the value without making one: the field behind a lazy property, else the property.</summary>
    public string Peek => IsLazy ? CSharpNames.Backing(Property) : Property;

    public string ElementType => Schema.Kind switch
    {
        FieldKind.Bool => "bool",
        FieldKind.Int8 => "sbyte",
        FieldKind.Int16 => "short",
        FieldKind.UInt16 => "ushort",
        FieldKind.Int32 => "int",
        FieldKind.UInt32 => "uint",
        FieldKind.Int64 => "long",
        FieldKind.Float64 => "double",
        FieldKind.Uuid => "Guid",
        FieldKind.String => "string",
        FieldKind.Bytes => "ReadOnlyMemory<byte>",
        FieldKind.Records => "ReadOnlySequence<byte>",
        _ => Schema.StructName!,
    };

    /// <summary>The structure's full name: a property of the same name may stand nearer.</summary>
    public string StructPath => $"{_messageName}.{Schema.StructName}";

    public string Type => (Schema.IsArray ? $"List<{ElementType}>" : ElementType) + (CanBeNull ? "?" : "");

    /// <summary>The bytes of an element that always has the same number of them; null for the others.</summary>
    public int? FixedSize => Schema.Kind switch
    {
        FieldKind.Bool or FieldKind.Int8 => 1,
        FieldKind.Int16 or FieldKind.UInt16 => 2,
        FieldKind.Int32 or FieldKind.UInt32 => 4,
        FieldKind.Int64 or FieldKind.Float64 => 8,
        FieldKind.Uuid => 16,
        _ => null,
    };

    /// <summary>The least bytes that an element can have on the wire.</summary>
    public string MinElementSize =>
        FixedSize?.ToString(CultureInfo.InvariantCulture)
        ?? Schema.Kind switch
        {
            FieldKind.String => Cond.Choose(Flexible, "1", "2"),
            FieldKind.Struct => $"{StructPath}.MinSize(version)",
            _ => Cond.Choose(Flexible, "1", "4"),
        };

    /// <summary>The least bytes that the field can have on the wire.</summary>
    public string MinSize =>
        Schema.IsArray ? Cond.Choose(Flexible, "1", "4")
        : IsDirectStruct && Schema.IsNullable ? "1"
        : MinElementSize;

    /// <summary>What a new message holds; empty where that is C#'s own default.</summary>
    public string Initializer
    {
        get
        {
            if (IsLazy || Schema.IsNullByDefault)
            {
                return "";
            }

            if (Schema.IsArray)
            {
                return "[]";
            }

            return Schema.Kind switch
            {
                FieldKind.String => StringLiteral,
                FieldKind.Struct => "new()",
                FieldKind.Bytes => CanBeNull ? "ReadOnlyMemory<byte>.Empty" : "",
                FieldKind.Uuid or FieldKind.Float64 => "",
                _ => NumberLiteral is "0" or "false" ? "" : NumberLiteral,
            };
        }
    }

    /// <summary>The condition that the property holds something else than a new message does.</summary>
    public string NotDefault
    {
        get
        {
            if (Schema.IsNullByDefault)
            {
                return $"{Property} is not null";
            }

            if (Schema.IsArray)
            {
                return IsLazy ? $"{Peek} is {{ Count: > 0 }}" : $"{Property} is not {{ Count: 0 }}";
            }

            return Schema.Kind switch
            {
                FieldKind.Struct => IsLazy
                    ? $"({Peek} is not null && !{Peek}.IsDefault())"
                    : $"({Property} is null || !{Property}.IsDefault())",
                FieldKind.String => $"{Property} is not {StringLiteral}",
                FieldKind.Bytes => CanBeNull ? $"{Property} is not {{ Length: 0 }}" : $"!{Property}.IsEmpty",
                FieldKind.Uuid => $"{Property} != Guid.Empty",
                FieldKind.Float64 => $"{Property} != 0",
                _ => $"{Property} != {NumberLiteral}",
            };
        }
    }

    private string StringLiteral => Schema.Default is null or "\"\"" ? "\"\"" : $"\"{Schema.Default}\"";

    private string NumberLiteral =>
        Schema.Default is not null && FieldRules.TryNumber(Schema, out var literal) ? literal
        : Schema.Kind == FieldKind.Bool ? "false"
        : "0";

    private static bool Clashes(MessageSchema message, StructSchema owner, string name) =>
        name == owner.Name
        || (owner == message.Root
            ? RootNames.Contains(name) || message.FindStruct(name) is not null
            : StructNames.Contains(name));
}
