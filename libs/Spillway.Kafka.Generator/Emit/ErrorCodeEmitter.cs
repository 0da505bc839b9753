using System.Globalization;
using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>Emits the error codes and what clients do about each.</summary>
internal static class ErrorCodeEmitter
{
    public static string EmitEnum(List<ErrorCodeSchema> codes)
    {
        var code = CodeWriter.ForFile("Spillway.Kafka.Errors");
        code.Summary("Kafka's error codes, as the wire has them.");
        code.Open("public enum ErrorCode : short");
        foreach (var error in codes)
        {
            code.Summary($"{error.Name}{(error.IsRetriable ? "; clients retry it" : "")}.");
            code.Line($"{CSharpNames.Pascal(error.Name)} = {error.Code.ToString(CultureInfo.InvariantCulture)},");
        }

        code.Close();
        return code.ToString();
    }

    public static string EmitFacts(List<ErrorCodeSchema> codes)
    {
        var code = CodeWriter.ForFile("Spillway.Kafka.Errors");
        code.Summary("What Kafka says about its error codes.");
        code.Open("public static partial class ErrorCodes");
        Flag("Whether a client that gets this answer tries again.", "IsRetriable", codes.Where(c => c.IsRetriable));
        Flag(
            "Whether a client that gets this answer asks for new metadata first.",
            "RefreshesMetadata",
            codes.Where(c => c.RefreshesMetadata));
        code.Summary("Kafka's name, such as NOT_LEADER_OR_FOLLOWER; UNKNOWN_SERVER_ERROR for a number without one.");
        code.Open("public static string KafkaName(ErrorCode code) => code switch");
        foreach (var error in codes)
        {
            code.Line($"ErrorCode.{CSharpNames.Pascal(error.Name)} => \"{error.Name}\",");
        }

        code.Line("_ => \"UNKNOWN_SERVER_ERROR\",");
        code.Close(";");
        code.Close();
        return code.ToString();

        void Flag(string summary, string name, IEnumerable<ErrorCodeSchema> members)
        {
            code.Summary(summary);
            code.Open($"public static bool {name}(ErrorCode code) => code switch");
            foreach (var error in members)
            {
                code.Line($"ErrorCode.{CSharpNames.Pascal(error.Name)} => true,");
            }

            code.Line("_ => false,");
            code.Close(";");
            code.Line();
        }
    }
}
