using System.Globalization;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>Emits the API keys and what the catalog knows of each.</summary>
internal static class CatalogEmitter
{
    public static string ApiName(MessageSchema message)
    {
        var suffix = message.Kind.ToString();
        return message.Name.EndsWith(suffix, StringComparison.Ordinal)
            ? message.Name.Substring(0, message.Name.Length - suffix.Length)
            : message.Name;
    }

    public static string EmitApiKeys(List<MessageSchema> requests)
    {
        var code = CodeWriter.ForFile("Spillway.Kafka.Messages");
        code.Summary("The APIs of the Kafka protocol that have a schema.");
        code.Open("public enum ApiKey : short");
        foreach (var request in requests)
        {
            code.Summary($"{ApiName(request)}, versions {request.Versions}.");
            code.Line($"{ApiName(request)} = {Text(request.ApiKey!.Value)},");
        }

        code.Close();
        return code.ToString();
    }

    public static string EmitCatalog(List<MessageSchema> requests, List<MessageSchema> responses)
    {
        var code = CodeWriter.ForFile("Spillway.Kafka.Messages", "System", "Spillway.Kafka.Wire");
        code.Open("public static partial class MessageCatalog");
        code.Line($"private static readonly ApiKey[] Keys = [{Join(requests, r => "ApiKey." + ApiName(r))}];");
        code.Line();
        Shorts(code, "FindMinVersion", requests, r => r.Versions.First);
        Shorts(code, "FindMaxVersion", requests, r => r.Versions.Last);
        Shorts(code, "FindMaxStableVersion", requests, r => r.UnstableVersions.IsEmpty
            ? r.Versions.Last
            : (short)(r.UnstableVersions.First - 1));
        Shorts(code, "FindFirstFlexibleVersion", requests, r => r.FlexibleVersions.IsEmpty
            ? short.MaxValue
            : r.FlexibleVersions.First);
        Readers(code, "ReadRequest", "IKafkaRequest", requests);
        code.Line();
        Readers(code, "ReadResponse", "IKafkaResponse", responses);
        code.Close();
        return code.ToString();
    }

    private static void Shorts(CodeWriter code, string name, List<MessageSchema> messages, Func<MessageSchema, short> value)
    {
        code.Open($"private static short {name}(ApiKey apiKey) => apiKey switch");
        foreach (var message in messages)
        {
            code.Line($"ApiKey.{ApiName(message)} => {Text(value(message))},");
        }

        code.Line("_ => -1,");
        code.Close(";");
        code.Line();
    }

    private static void Readers(CodeWriter code, string name, string type, List<MessageSchema> messages)
    {
        code.Line($"/// <summary>Reads the body that follows the header.</summary>");
        code.Line("/// <exception cref=\"MalformedMessageException\">");
        code.Line("/// The bytes are not such a message, or the API or its version is not in the catalog.");
        code.Line("/// </exception>");
        code.Open($"public static {type} {name}(ApiKey apiKey, short version, ref WireReader reader) => apiKey switch");
        foreach (var message in messages)
        {
            code.Line($"ApiKey.{ApiName(message)} => {message.Name}.Read(ref reader, version),");
        }

        code.Line($"_ => MalformedMessageException.ThrowUnknownApiKey<{type}>(apiKey),");
        code.Close(";");
    }

    private static string Join(List<MessageSchema> messages, Func<MessageSchema, string> text) =>
        string.Join(", ", messages.Select(text));

    private static string Text(short number) => number.ToString(CultureInfo.InvariantCulture);
}
