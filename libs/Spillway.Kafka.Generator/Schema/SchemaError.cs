namespace Spillway.Kafka.Generator.Schema;

/// <summary>What is wrong in a schema file, and on which line (the first is 0).</summary>
internal sealed class SchemaError(int line, string message)
{
    public int Line { get; } = line;

    public string Message { get; } = message;
}
