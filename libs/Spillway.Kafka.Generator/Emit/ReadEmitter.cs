using System.Globalization;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>Emits <c>Read</c> and the least size on the wire, by which counts are judged before anything is allocated.</summary>
internal static class ReadEmitter
{
    public static void EmitRead(CodeWriter code, StructCode target)
    {
        if (target.IsRoot)
        {
            code.Line("/// <summary>Reads the message as <paramref name=\"version\"/> lays it out.</summary>");
            code.Line("/// <exception cref=\"MalformedMessageException\">The bytes are not such a message.</exception>");
        }

        code.Open($"{(target.IsRoot ? "public" : "internal")} static {target.Name} Read(ref WireReader reader, short version)");
        if (target.IsRoot)
        {
            code.Open("if (version < MinVersion || version > MaxVersion)");
            code.Line($"MalformedMessageException.ThrowUnsupportedVersion(\"{target.Name}\", version);");
            code.Close();
        }

        target.DeclareFlexible(code);
        code.Line($"var message = new {target.Name}();");
        foreach (var field in target.InLine)
        {
            StructCode.When(code, field.Present, () => ReadField(code, field));
        }

        StructCode.When(code, target.FlexibleLocal, () => ReadTags(code, target));
        code.Line("return message;");
        code.Close();
    }

    public static void EmitMinSize(CodeWriter code, StructCode target)
    {
        code.Open("internal static int MinSize(short version)");
        target.DeclareFlexible(code, target.InLine.Exists(f => f.Flexible == "flexible"));
        code.Line("var size = 0;");
        foreach (var field in target.InLine)
        {
            StructCode.When(code, field.Present, () => code.Line($"size += {field.MinSize};"));
        }

        var asked = target.InLine.Exists(f => f.Flexible == "flexible");
        StructCode.When(code, asked ? target.FlexibleLocal : target.Flexible, () => code.Line("size += 1;"));
        code.Line("return size;");
        code.Close();
    }

    private static void ReadTags(CodeWriter code, StructCode target)
    {
        if (target.Tagged.Count == 0)
        {
            code.Line("reader.SkipTaggedFields();");
            return;
        }

        code.Open("for (var tags = reader.ReadTagCount(); tags > 0; tags--)");
        code.Line("var end = reader.ReadTagHeader(out var tag);");
        code.Open("switch (tag)");
        foreach (var field in target.Tagged)
        {
            var guard = field.Present == Cond.Always ? "" : $" when {field.Present}";
            code.Line($"case {field.Schema.Tag!.Value.ToString(CultureInfo.InvariantCulture)}{guard}:");
            code.Open();
            ReadField(code, field);
            code.Line("break;");
            code.Close();
        }

        code.Line("default:");
        code.Line("    reader.SkipTo(end);");
        code.Line("    break;");
        code.Close();
        code.Line("reader.EndTag(end);");
        code.Close();
    }

    private static void ReadField(CodeWriter code, FieldCode field)
    {
        if (field.Schema.IsArray)
        {
            ReadList(code, field);
        }
        else if (field.IsDirectStruct && field.CanBeNull)
        {
            var read = $"{field.StructPath}.Read(ref reader, version)";
            var whenNull = Cond.Choose(
                field.NullAllowed, "null", $"MalformedMessageException.ThrowNull<{field.StructPath}>(\"{field.Path}\")");
            code.Line($"message.{field.Property} = reader.ReadIsPresent() ? {read} : {whenNull};");
        }
        else
        {
            code.Line($"message.{field.Property} = {ReadOne(field, field.NullAllowed)};");
        }
    }

    private static void ReadList(CodeWriter code, FieldCode field)
    {
        var least = field.MinElementSize;
        var length = Cond.Choose(
            field.NullAllowed,
            Cond.Choose(
                field.Flexible,
                $"reader.ReadCompactNullableArrayLength({least})",
                $"reader.ReadNullableArrayLength({least})"),
            Cond.Choose(
                field.Flexible, $"reader.ReadCompactArrayLength({least})", $"reader.ReadArrayLength({least})"));
        code.Open();
        code.Line($"var count = {length};");
        code.Open("if (count > 0)");
        var capacity = field.FixedSize is null ? "WireReader.FirstCapacity(count)" : "count";
        code.Line($"var list = new List<{field.ElementType}>({capacity});");
        code.Open("for (var i = 0; i < count; i++)");
        code.Line($"list.Add({ReadOne(field, Cond.Never)});");
        code.Close();
        code.Line($"message.{field.Property} = list;");
        code.Close();
        if (field.CanBeNull)
        {
            code.Open("else");
            code.Line($"message.{field.Property} = count < 0 ? null : [];");
            code.Close();
        }

        code.Close();
    }

    private static string ReadOne(FieldCode field, string nullAllowed)
    {
        switch (field.Schema.Kind)
        {
            case FieldKind.Struct:
                return $"{field.StructPath}.Read(ref reader, version)";
            case FieldKind.String:
            case FieldKind.Bytes:
            case FieldKind.Records:
                var kind = field.Schema.Kind.ToString();
                return Cond.Choose(
                    nullAllowed,
                    Cond.Choose(
                        field.Flexible, $"reader.ReadCompactNullable{kind}()", $"reader.ReadNullable{kind}()"),
                    Cond.Choose(field.Flexible, $"reader.ReadCompact{kind}()", $"reader.Read{kind}()"));
            default:
                return $"reader.Read{field.Schema.Kind}()";
        }
    }
}
