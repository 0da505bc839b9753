using System.Globalization;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>Emits the class of one message, with its structures nested in it.</summary>
internal static class MessageEmitter
{
    public static string Emit(MessageSchema message)
    {
        var code = CodeWriter.ForFile(
            "Spillway.Kafka.Messages",
            "System",
            "System.Buffers",
            "System.Collections.Generic",
            "Spillway.Kafka.Wire");
        var root = new StructCode(message, message.Root);
        code.Line($"/// <summary>{Describe(message)} A message belongs to one thread at a time.</summary>");
        code.Open($"public sealed partial class {message.Name} : {InterfaceOf(message.Kind)}");
        EmitConstants(code, message);
        EmitBody(code, root);
        foreach (var schema in message.Structs.Where(s => !s.Reach.IsEmpty))
        {
            code.Line();
            code.Line($"/// <summary>A structure of <see cref=\"{message.Name}\"/>.</summary>");
            code.Open($"public sealed class {schema.Name}");
            EmitBody(code, new StructCode(message, schema));
            code.Close();
        }

        code.Close();
        return code.ToString();
    }

    private static string InterfaceOf(MessageKind kind) => kind switch
    {
        MessageKind.Request => "IKafkaRequest",
        MessageKind.Response => "IKafkaResponse",
        _ => "IKafkaMessage",
    };

    private static string Describe(MessageSchema message) =>
        message.ApiKey is { } key
            ? $"The {message.Kind.ToString().ToLowerInvariant()} of API key {key}, versions {message.Versions}."
            : $"{message.Name}, versions {message.Versions}.";

    private static void EmitConstants(CodeWriter code, MessageSchema message)
    {
        Constant("The oldest version spoken.", "MinVersion", message.Versions.First);
        Constant("The newest version spoken.", "MaxVersion", message.Versions.Last);
        Constant(
            "The first version with compact lengths and tagged fields; short.MaxValue where there is none.",
            "FirstFlexibleVersion",
            message.FlexibleVersions.IsEmpty ? short.MaxValue : message.FlexibleVersions.First);
        if (message.ApiKey is not null)
        {
            var name = CatalogEmitter.ApiName(message);
            code.Summary("The API that the message belongs to.");
            code.Line($"public static ApiKey ApiKey => global::Spillway.Kafka.Messages.ApiKey.{name};");
            code.Line();
        }

        void Constant(string summary, string name, short value)
        {
            code.Summary(summary);
            code.Line($"public const short {name} = {value.ToString(CultureInfo.InvariantCulture)};");
            code.Line();
        }
    }

    private static void EmitBody(CodeWriter code, StructCode target)
    {
        foreach (var field in target.Fields)
        {
            EmitProperty(code, field);
            code.Line();
        }

        ReadEmitter.EmitRead(code, target);
        code.Line();
        SizeEmitter.EmitSize(code, target);
        code.Line();
        WriteEmitter.EmitWrite(code, target);
        if (!target.IsRoot)
        {
            code.Line();
            ReadEmitter.EmitMinSize(code, target);
        }

        if (target.Schema.IsHeldDirectly)
        {
            code.Line();
            code.Open("internal bool IsDefault()");
            var differs = string.Join(" || ", target.Fields.Select(f => f.NotDefault));
            code.Line(differs.Length == 0 ? "return true;" : $"return !({differs});");
            code.Close();
        }

        foreach (var field in target.Tagged)
        {
            code.Line();
            SizeEmitter.EmitTagSize(code, field);
        }
    }

    private static void EmitProperty(CodeWriter code, FieldCode field)
    {
        if (field.IsLazy)
        {
            var backing = CSharpNames.Backing(field.Property);
            var empty = field.Schema.IsArray ? "[]" : "new()";
            code.Line($"private {field.Type}? {backing};");
            code.Line();
            code.Summary(Describe(field));
            code.Line($"public {field.Type} {field.Property} {{ get => {backing} ??= {empty}; set => {backing} = value; }}");
            return;
        }

        code.Summary(Describe(field));
        var initializer = field.Initializer.Length == 0 ? "" : $" = {field.Initializer};";
        code.Line($"public {field.Type} {field.Property} {{ get; set; }}{initializer}");
    }

    private static string Describe(FieldCode field)
    {
        var schema = field.Schema;
        var text = field.Property == schema.Name ? "" : $"{schema.Name}. ";
        text += $"{(schema.IsArray ? "Array of " : "")}{schema.StructName ?? schema.Kind.ToString().ToLowerInvariant()}";
        text += $", versions {schema.Versions}";
        text += schema.IsNullable ? $", null allowed in {schema.NullableVersions}" : "";
        text += schema.Tag is { } tag ? $", tag {tag.ToString(CultureInfo.InvariantCulture)}" : "";
        text += schema.Default is { } value ? $", default {value}" : "";
        text += schema.IsIgnorable ? "; dropped where a version lacks it." : ".";
        return char.ToUpperInvariant(text[0]) + text.Substring(1);
    }
}
