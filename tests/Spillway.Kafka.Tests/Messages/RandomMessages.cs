using System.Buffers;
using System.Collections;
using Spillway.Kafka.Generator.Emit;
using Spillway.Kafka.Generator.Schema;
using Spillway.Kafka.Messages;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>
/// Fills messages at random with what a version can carry, and in ignorable fields with what it cannot, which the wire
/// must then drop.
/// </summary>
internal sealed class RandomMessages(Random random)
{
    private static readonly string[] Alphabet = ["a", "Z", "0", "-", "_", ".", "é", "λ", "字", "🙂", " ", "\n"];

    public IKafkaMessage Make(MessageType type, short version)
    {
        var message = type.Create();
        Fill(type.Schema, type.Schema.Root, message, version);
        return message;
    }

    private void Fill(MessageSchema message, StructSchema schema, object target, short version)
    {
        foreach (var field in new StructCode(message, schema).Fields)
        {
            var isPresent = field.Schema.Versions.Contains(version);
            if (!isPresent && !field.Schema.IsIgnorable)
            {
                continue;
            }

            // A fifth stays as a new message has it, so that defaults are met as well, unless null, which may be forbidden.
            var property = target.GetType().GetProperty(field.Property)!;
            var mustSet = property.GetValue(target) is null && !field.Schema.NullableVersions.Contains(version);
            if (mustSet || random.Next(5) != 0)
            {
                property.SetValue(target, Value(message, field, property.PropertyType, version));
            }
        }
    }

    private object? Value(MessageSchema message, FieldCode field, Type type, short version)
    {
        if (field.Schema.NullableVersions.Contains(version) && random.Next(4) == 0)
        {
            return null;
        }

        if (!field.Schema.IsArray)
        {
            return One(message, field, type, version);
        }

        var list = (IList)Activator.CreateInstance(type)!;
        for (var left = random.Next(4); left > 0; left--)
        {
            list.Add(One(message, field, type.GetGenericArguments()[0], version));
        }

        return list;
    }

    private object One(MessageSchema message, FieldCode field, Type type, short version)
    {
        switch (field.Schema.Kind)
        {
            case FieldKind.Bool:
                return random.Next(2) == 0;
            case FieldKind.Int8:
                return (sbyte)random.Next(sbyte.MinValue, sbyte.MaxValue + 1);
            case FieldKind.Int16:
                return (short)random.Next(short.MinValue, short.MaxValue + 1);
            case FieldKind.UInt16:
                return (ushort)random.Next(ushort.MaxValue + 1);
            case FieldKind.Int32:
                return (int)random.NextInt64(int.MinValue, int.MaxValue + 1L);
            case FieldKind.UInt32:
                return (uint)random.NextInt64(uint.MaxValue + 1L);
            case FieldKind.Int64:
                return random.NextInt64(long.MinValue, long.MaxValue);
            case FieldKind.Float64:
                return random.NextDouble() * 1e9;
            case FieldKind.Uuid:
                return new Guid(Bytes(16));
            case FieldKind.String:
                return Text();
            case FieldKind.Bytes:
                return new ReadOnlyMemory<byte>(Bytes(Length()));
            case FieldKind.Records:
                return Records();
            default:
                var inner = Activator.CreateInstance(type)!;
                Fill(message, message.FindStruct(field.Schema.StructName!)!, inner, version);
                return inner;
        }
    }

    // Now and then past 127 bytes, where a compact length takes its second byte.
    private int Length() => random.Next(20) == 0 ? random.Next(400) : random.Next(12);

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private string Text() =>
        string.Concat(Enumerable.Range(0, Length()).Select(_ => Alphabet[random.Next(Alphabet.Length)]));

    // In two segments where it can be: the writer must not count on one.
    private ReadOnlySequence<byte> Records()
    {
        var first = new Segment(Bytes(Length()), null);
        var last = new Segment(Bytes(Length()), first);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
