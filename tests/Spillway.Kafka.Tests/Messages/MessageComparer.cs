using System.Buffers;
using System.Collections;
using Spillway.Kafka.Generator.Emit;
using Spillway.Kafka.Generator.Schema;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>Compares a message that was read with the one that was written, field by field of the version.</summary>
internal static class MessageComparer
{
    public static void AssertSurvived(MessageType type, IKafkaMessage written, IKafkaMessage read, short version) =>
        Compare(type.Schema, type.Schema.Root, written, read, version);

    private static void Compare(MessageSchema message, StructSchema schema, object written, object read, short version)
    {
        var fresh = Activator.CreateInstance(read.GetType())!;
        foreach (var field in new StructCode(message, schema).Fields)
        {
            // What the version lacks must come out as a new message has it.
            var source = field.Schema.Versions.Contains(version) ? written : fresh;
            var property = read.GetType().GetProperty(field.Property)!;
            var expected = property.GetValue(source);
            var actual = property.GetValue(read);
            if (expected is null || actual is null)
            {
                Assert.True(expected is null && actual is null, $"{field.Path} v{version}: null on one side only");
            }
            else if (field.Schema.IsArray)
            {
                CompareLists(message, field, (IList)expected, (IList)actual, version);
            }
            else
            {
                CompareOne(message, field, expected, actual, version);
            }
        }
    }

    private static void CompareLists(
        MessageSchema message, FieldCode field, IList expected, IList actual, short version)
    {
        Assert.True(expected.Count == actual.Count, $"{field.Path} v{version}: {expected.Count} != {actual.Count} elements");
        for (var i = 0; i < expected.Count; i++)
        {
            CompareOne(message, field, expected[i]!, actual[i]!, version);
        }
    }

    private static void CompareOne(MessageSchema message, FieldCode field, object expected, object actual, short version)
    {
        switch (field.Schema.Kind)
        {
            case FieldKind.Struct:
                Compare(message, message.FindStruct(field.Schema.StructName!)!, expected, actual, version);
                break;
            case FieldKind.Bytes:
                Assert.Equal(
                    ((ReadOnlyMemory<byte>)expected).ToArray(), ((ReadOnlyMemory<byte>)actual).ToArray());
                break;
            case FieldKind.Records:
                Assert.Equal(
                    ((ReadOnlySequence<byte>)expected).ToArray(), ((ReadOnlySequence<byte>)actual).ToArray());
                break;
            default:
                Assert.True(expected.Equals(actual), $"{field.Path} v{version}: {expected} != {actual}");
                break;
        }
    }
}
