using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>Emits <c>Write</c>, and the checks that it shares with <c>Size</c>.</summary>
internal static class WriteEmitter
{
    public static void EmitWrite(CodeWriter code, StructCode target)
    {
        if (target.IsRoot)
        {
            code.Line("/// <inheritdoc/>");
        }

        code.Open($"{(target.IsRoot ? "public" : "internal")} void Write(ref WireWriter writer, short version)");
        CheckVersion(code, target);
        target.DeclareFlexible(code);
        foreach (var field in target.InLine)
        {
            StructCode.When(code, field.Present, () => WriteField(code, field));
            CheckAbsent(code, field);
        }

        StructCode.When(code, target.FlexibleLocal, () => WriteTags(code, target));
        foreach (var field in target.Tagged)
        {
            CheckAbsent(code, field);
        }

        code.Close();
    }

    public static void CheckVersion(CodeWriter code, StructCode target)
    {
        if (target.IsRoot)
        {
            code.Open("if (version < MinVersion || version > MaxVersion)");
            code.Line($"UnwritableMessageException.ThrowUnsupportedVersion(\"{target.Name}\", version);");
            code.Close();
        }
    }

    /// <summary>A value that the version cannot carry is a mistake of ours, unless the schema lets it be dropped.</summary>
    public static void CheckAbsent(CodeWriter code, FieldCode field)
    {
        if (field.Present == Cond.Always || field.Schema.IsIgnorable)
        {
            return;
        }

        code.Open($"if (!({field.Present}) && {field.NotDefault})");
        code.Line($"UnwritableMessageException.ThrowAbsentField(\"{field.Path}\", version);");
        code.Close();
    }

    public static void CheckNull(CodeWriter code, FieldCode field)
    {
        if (!field.CanBeNull || field.NullAllowed == Cond.Always)
        {
            return;
        }

        var forbidden = field.NullAllowed == Cond.Never ? "" : $" && !({field.NullAllowed})";
        code.Open($"if ({field.Property} is null{forbidden})");
        code.Line($"UnwritableMessageException.ThrowNullField(\"{field.Path}\", version);");
        code.Close();
    }

    public static string TagIsWritten(FieldCode field) =>
        field.Present == Cond.Always ? field.NotDefault : $"{field.Present} && {field.NotDefault}";

    private static void WriteTags(CodeWriter code, StructCode target)
    {
        if (target.Tagged.Count == 0)
        {
            code.Line("writer.WriteUnsignedVarint(0);");
            return;
        }

        code.Line("var tagCount = 0;");
        foreach (var field in target.Tagged)
        {
            code.Open($"if ({TagIsWritten(field)})");
            code.Line("tagCount++;");
            code.Close();
        }

        code.Line("writer.WriteUnsignedVarint((uint)tagCount);");
        foreach (var field in target.Tagged)
        {
            code.Open($"if ({TagIsWritten(field)})");
            code.Line($"writer.WriteUnsignedVarint({field.Schema.Tag});");
            code.Line($"writer.WriteUnsignedVarint((uint){field.Property}TagSize(version));");
            WriteField(code, field);
            code.Close();
        }
    }

    private static void WriteField(CodeWriter code, FieldCode field)
    {
        CheckNull(code, field);
        if (field.Schema.IsArray)
        {
            WriteList(code, field);
        }
        else if (field.IsDirectStruct)
        {
            if (field.CanBeNull)
            {
                code.Line($"writer.WriteInt8((sbyte)({field.Property} is null ? -1 : 1));");
                code.Line($"{field.Property}?.Write(ref writer, version);");
            }
            else
            {
                code.Line($"{field.Property}.Write(ref writer, version);");
            }
        }
        else
        {
            WriteOne(code, field, field.Property);
        }
    }

    private static void WriteList(CodeWriter code, FieldCode field)
    {
        code.Open();
        code.Line($"var list = {field.Peek};");
        code.Line($"var count = list is null ? {(field.CanBeNull ? "-1" : "0")} : list.Count;");
        Branch(code, field.Flexible, "writer.WriteUnsignedVarint((uint)(count + 1));", "writer.WriteInt32(count);");
        code.Open("for (var i = 0; i < count; i++)");
        WriteOne(code, field, "list![i]");
        code.Close();
        code.Close();
    }

    private static void WriteOne(CodeWriter code, FieldCode field, string value)
    {
        switch (field.Schema.Kind)
        {
            case FieldKind.Struct:
                code.Line($"{value}.Write(ref writer, version);");
                break;
            case FieldKind.String:
            case FieldKind.Bytes:
            case FieldKind.Records:
                Branch(
                    code,
                    field.Flexible,
                    $"writer.WriteCompact{field.Schema.Kind}({value});",
                    $"writer.Write{field.Schema.Kind}({value});");
                break;
            default:
                code.Line($"writer.Write{field.Schema.Kind}({value});");
                break;
        }
    }

    private static void Branch(CodeWriter code, string condition, string yes, string no)
    {
        if (condition is Cond.Always or Cond.Never)
        {
            code.Line(condition == Cond.Always ? yes : no);
            return;
        }

        code.Open($"if ({condition})");
        code.Line(yes);
        code.Close();
        code.Open("else");
        code.Line(no);
        code.Close();
    }
}
