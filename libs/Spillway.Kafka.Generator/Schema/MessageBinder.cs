namespace Spillway.Kafka.Generator.Schema;

/// <summary>
/// Resolves the structures of a message and says in which versions each can occur, so that the generated code asks for the
/// version only where it makes a difference. A structure that contains itself is an error: reading must not recurse.
/// </summary>
internal static class MessageBinder
{
    public static void Bind(MessageSchema message, List<SchemaError> errors)
    {
        Visit(message, message.Root, message.Versions, [], errors);
        foreach (var schema in message.Structs.Where(s => s.Reach.IsEmpty))
        {
            errors.Add(new(schema.Line, $"no field of {message.Name} holds {schema.Name} in any version"));
        }
    }

    private static void Visit(
        MessageSchema message, StructSchema schema, VersionRange versions, List<string> path, List<SchemaError> errors)
    {
        if (path.Contains(schema.Name))
        {
            errors.Add(new(schema.Line, $"{schema.Name} contains itself"));
            return;
        }

        schema.Reach = schema.Reach.Hull(versions);
        path.Add(schema.Name);
        foreach (var field in schema.Fields)
        {
            var reach = field.Versions.Intersect(versions);
            if (field.Tag is not null && !message.FlexibleVersions.Covers(reach))
            {
                errors.Add(new(field.Line, $"{field.Name} is tagged in versions that are not flexible"));
            }

            if (field.StructName is null)
            {
                continue;
            }

            var inner = message.FindStruct(field.StructName);
            if (inner is null)
            {
                errors.Add(new(field.Line, $"{field.StructName} is not defined in {message.Name}"));
            }
            else if (!reach.IsEmpty)
            {
                inner.IsHeldDirectly |= !field.IsArray;
                Visit(message, inner, reach, path, errors);
            }
        }

        path.RemoveAt(path.Count - 1);
    }
}
