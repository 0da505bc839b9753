namespace Spillway.Kafka.Generator.Schema;

/// <summary>A structure: the message itself, or one of the structures in it. Fields are in wire order.</summary>
internal sealed class StructSchema(string name, int line)
{
    public string Name { get; } = name;

    public int Line { get; } = line;

    public List<FieldSchema> Fields { get; } = [];

    /// <summary>The versions in which the structure can occur; within them the generated code decides.</summary>
    public VersionRange Reach { get; set; } = VersionRange.None;

    /// <summary>True where some field holds this structure without an array, so that "is it the default" is asked.</summary>
    public bool IsHeldDirectly { get; set; }
}
