using System.Reflection;
using Spillway.Kafka.Generator;
using Spillway.Kafka.Generator.Schema;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>A generated class next to the schema that it was generated from, so that tests can treat all alike.</summary>
internal sealed class MessageType
{
    private delegate object Reader(ref WireReader reader, short version);

    private readonly Reader _read;

    private MessageType(MessageSchema schema)
    {
        Schema = schema;
        Type = typeof(MessageCatalog).Assembly.GetType("Spillway.Kafka.Messages." + schema.Name, throwOnError: true)!;
        _read = Type.GetMethod("Read", BindingFlags.Public | BindingFlags.Static)!.CreateDelegate<Reader>();
    }

    public static IReadOnlyList<MessageType> All { get; } = Load();

    public MessageSchema Schema { get; }

    public Type Type { get; }

    public IEnumerable<short> Versions
    {
        get
        {
            for (var version = Schema.Versions.First; version <= Schema.Versions.Last; version++)
            {
                yield return version;
            }
        }
    }

    public static MessageType Find(string name) => All.Single(m => m.Schema.Name == name);

    public IKafkaMessage Create() => (IKafkaMessage)Activator.CreateInstance(Type)!;

    public IKafkaMessage Read(ref WireReader reader, short version) => (IKafkaMessage)_read(ref reader, version);

    public IKafkaMessage ReadAll(byte[] bytes, short version)
    {
        var reader = new WireReader(bytes);
        var message = Read(ref reader, version);
        Assert.Equal(0, reader.Remaining);
        return message;
    }

    public override string ToString() => Schema.Name;

    private static List<MessageType> Load()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "proto", "kafka", "messages");
        return
        [
            .. Directory.EnumerateFiles(folder)
                .Order(StringComparer.Ordinal)
                .Select(path => SchemaFile.Parse(path, File.ReadAllText(path)))
                .SelectMany(file => file.Messages)
                .Select(schema => new MessageType(schema)),
        ];
    }
}
