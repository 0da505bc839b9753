namespace Spillway.Kafka.Generator.Schema;

/// <summary>One message: its own fields and all structures in it, whose names are unique within the message.</summary>
internal sealed class MessageSchema(MessageKind kind, string name, int line)
{
    public MessageKind Kind { get; } = kind;

    public StructSchema Root { get; } = new(name, line);

    public string Name => Root.Name;

    public short? ApiKey { get; set; }

    public VersionRange Versions { get; set; } = VersionRange.None;

    public VersionRange FlexibleVersions { get; set; } = VersionRange.None;

    /// <summary>Versions whose layout Kafka may still change.</summary>
    public VersionRange UnstableVersions { get; set; } = VersionRange.None;

    public List<StructSchema> Structs { get; } = [];

    public StructSchema? FindStruct(string name) => Structs.Find(s => s.Name == name);
}
