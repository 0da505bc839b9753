using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator;

/// <summary>One additional file, parsed: messages or error codes, and what was wrong with it.</summary>
internal sealed class SchemaFile(
    string path, IReadOnlyList<MessageSchema> messages, List<ErrorCodeSchema> errorCodes, IReadOnlyList<SchemaError> errors)
{
    public string Path { get; } = path;

    public IReadOnlyList<MessageSchema> Messages { get; } = messages;

    public List<ErrorCodeSchema> ErrorCodes { get; } = errorCodes;

    public IReadOnlyList<SchemaError> Errors { get; } = errors;

    /// <summary>Other additional files (the banned symbols are one) are none of ours.</summary>
    public static bool IsSchema(string path)
    {
        var normal = path.Replace('\\', '/');
        return normal.EndsWith(".txt", StringComparison.Ordinal) && normal.Contains("proto/kafka/");
    }

    public static SchemaFile Parse(string path, string text)
    {
        var errors = new List<SchemaError>();
        if (System.IO.Path.GetFileName(path) == "errors.txt")
        {
            return new(path, [], ErrorCodeParser.Parse(text, errors), errors);
        }

        return new(path, MessageParser.Parse(text, errors), [], errors);
    }
}
