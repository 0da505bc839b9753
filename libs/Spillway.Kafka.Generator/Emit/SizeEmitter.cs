using System.Globalization;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>Emits <c>Size</c>: a sum over the fields of the version, and the sizes of tagged fields on their own.</summary>
internal static class SizeEmitter
{
    public static void EmitSize(CodeWriter code, StructCode target)
    {
        if (target.IsRoot)
        {
            code.Line("/// <inheritdoc/>");
        }

        code.Open($"{(target.IsRoot ? "public" : "internal")} int Size(short version)");
        WriteEmitter.CheckVersion(code, target);
        target.DeclareFlexible(code);
        var constant = target.InLine
            .Where(f => f.Present == Cond.Always && f.FixedSize is not null && !f.Schema.IsArray)
            .Sum(f => f.FixedSize!.Value);
        code.Line($"var size = {constant.ToString(CultureInfo.InvariantCulture)};");
        foreach (var field in target.InLine)
        {
            var isCounted = field.Present == Cond.Always && field.FixedSize is not null && !field.Schema.IsArray;
            if (!isCounted)
            {
                StructCode.When(code, field.Present, () => SizeField(code, field));
            }

            WriteEmitter.CheckAbsent(code, field);
        }

        StructCode.When(code, target.FlexibleLocal, () => SizeTags(code, target));
        foreach (var field in target.Tagged)
        {
            WriteEmitter.CheckAbsent(code, field);
        }

        code.Line("return size;");
        code.Close();
    }

    /// <summary>The size of a tagged field's value, which the wire has in front of it.</summary>
    public static void EmitTagSize(CodeWriter code, FieldCode field)
    {
        code.Open($"private int {field.Property}TagSize(short version)");
        code.Line("var size = 0;");
        SizeField(code, field);
        code.Line("return size;");
        code.Close();
    }

    private static void SizeTags(CodeWriter code, StructCode target)
    {
        if (target.Tagged.Count == 0)
        {
            code.Line("size += 1;");
            return;
        }

        code.Line("var tagCount = 0;");
        foreach (var field in target.Tagged)
        {
            code.Open($"if ({WriteEmitter.TagIsWritten(field)})");
            code.Line("tagCount++;");
            code.Line($"var tagSize = {field.Property}TagSize(version);");
            code.Line($"size += WireSize.TagHeader({field.Schema.Tag}, tagSize) + tagSize;");
            code.Close();
        }

        code.Line("size += WireSize.UnsignedVarint((uint)tagCount);");
    }

    private static void SizeField(CodeWriter code, FieldCode field)
    {
        WriteEmitter.CheckNull(code, field);
        if (field.Schema.IsArray)
        {
            SizeList(code, field);
        }
        else if (field.IsDirectStruct)
        {
            if (field.CanBeNull)
            {
                code.Line($"size += 1 + ({field.Property} is null ? 0 : {field.Property}.Size(version));");
            }
            else
            {
                code.Line($"size += {field.Property}.Size(version);");
            }
        }
        else
        {
            code.Line($"size += {SizeOne(field, field.Property)};");
        }
    }

    private static void SizeList(CodeWriter code, FieldCode field)
    {
        code.Open();
        code.Line($"var list = {field.Peek};");
        code.Line($"var count = list is null ? {(field.CanBeNull ? "-1" : "0")} : list.Count;");
        code.Line($"size += {Cond.Choose(field.Flexible, "WireSize.UnsignedVarint((uint)(count + 1))", "4")};");
        if (field.FixedSize is { } each)
        {
            code.Line($"size += Math.Max(count, 0) * {each.ToString(CultureInfo.InvariantCulture)};");
        }
        else
        {
            code.Open("for (var i = 0; i < count; i++)");
            code.Line($"size += {SizeOne(field, "list![i]")};");
            code.Close();
        }

        code.Close();
    }

    private static string SizeOne(FieldCode field, string value) => field.Schema.Kind switch
    {
        FieldKind.Struct => $"{value}.Size(version)",
        FieldKind.String or FieldKind.Bytes or FieldKind.Records => Cond.Choose(
            field.Flexible, $"WireSize.Compact{field.Schema.Kind}({value})", $"WireSize.{field.Schema.Kind}({value})"),
        _ => field.FixedSize!.Value.ToString(CultureInfo.InvariantCulture),
    };
}
