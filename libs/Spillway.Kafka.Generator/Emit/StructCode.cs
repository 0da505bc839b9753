using Spillway.Kafka.Generator.Schema;

namespace Spillway.Kafka.Generator.Emit;

/// <summary>One structure, or the message itself, as the emitters see it.</summary>
internal sealed class StructCode
{
    public StructCode(MessageSchema message, StructSchema schema)
    {
        Schema = schema;
        IsRoot = schema == message.Root;
        Message = message;
        Flexible = Cond.In(message.FlexibleVersions, schema.Reach);

        // A field that no supported version has is history, and no property.
        Fields = schema.Fields.Select(f => new FieldCode(message, schema, f)).Where(f => !f.Reach.IsEmpty).ToList();
        InLine = Fields.Where(f => !f.IsTagged).ToList();
        Tagged = Fields.Where(f => f.IsTagged).OrderBy(f => f.Schema.Tag).ToList();
    }

    public MessageSchema Message { get; }

    public StructSchema Schema { get; }

    public bool IsRoot { get; }

    public string Name => Schema.Name;

    /// <summary>The condition that the structure ends in a section of tagged fields.</summary>
    public string Flexible { get; }

    public List<FieldCode> Fields { get; }

    public List<FieldCode> InLine { get; }

    public List<FieldCode> Tagged { get; }

    /// <summary>Declares the local <c>flexible</c> where the version decides and something asks.</summary>
    public void DeclareFlexible(CodeWriter code, bool asked = true)
    {
        if (asked && Flexible is not (Cond.Always or Cond.Never))
        {
            code.Line($"var flexible = {Flexible};");
        }
    }

    /// <summary>The condition as the code after <see cref="DeclareFlexible"/> asks it.</summary>
    public string FlexibleLocal => Flexible is Cond.Always or Cond.Never ? Flexible : "flexible";

    /// <summary>Emits <paramref name="body"/> under a condition that may be constant.</summary>
    public static void When(CodeWriter code, string condition, Action body)
    {
        if (condition == Cond.Never)
        {
            return;
        }

        if (condition != Cond.Always)
        {
            code.Open($"if ({condition})");
        }

        body();
        if (condition != Cond.Always)
        {
            code.Close();
        }
    }
}
