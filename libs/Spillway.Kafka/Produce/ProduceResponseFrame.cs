using System.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Kafka.Produce;

/// <summary>A produce response written by hand: the bytes of <see cref="ResponseFrame"/> without the objects it takes.</summary>
public static class ProduceResponseFrame
{
    /// <summary>Writes a whole frame; returns its bytes, the length prefix included.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="request">What is answered: version, correlation id and topics.</param>
    /// <param name="results">One for each partition of the request, in its order, those that are left out included.</param>
    public static int Write(
        IBufferWriter<byte> output, ProduceRequestFrame request, ReadOnlySpan<ProducePartitionResult> results)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfNotEqual(results.Length, request.Partitions.Length);
        var version = request.Version;
        var flexible = version >= ProduceResponse.FirstFlexibleVersion;
        var lengthBytes = GetBytes(request.Topics, results, version, flexible);
        var writer = new WireWriter(output);
        writer.WriteInt32(lengthBytes);
        writer.WriteInt32(request.CorrelationId);
        if (flexible)
        {
            writer.WriteUnsignedVarint(0);
        }

        WriteCount(ref writer, request.Topics.Length, flexible);
        foreach (ref readonly var topic in request.Topics)
        {
            WriteTopic(ref writer, topic, results[..topic.PartitionCount], version, flexible);
            results = results[topic.PartitionCount..];
        }

        writer.WriteInt32(0);
        if (flexible)
        {
            writer.WriteUnsignedVarint(0);
        }

        writer.Flush();
        return writer.WrittenBytes == lengthBytes + 4L
            ? lengthBytes + 4
            : throw new InvalidOperationException(
                $"A produce response v{version} has {writer.WrittenBytes - 4} bytes, announced were {lengthBytes}");
    }

    private static int GetBytes(
        ReadOnlySpan<ProduceTopic> topics, ReadOnlySpan<ProducePartitionResult> results, short version, bool flexible)
    {
        // Correlation id and throttle time, and in flexible versions the tags of header and body.
        var bytes = 4 + 4 + (flexible ? 2 : 0) + CountBytes(topics.Length, flexible);
        var rest = results;
        foreach (ref readonly var topic in topics)
        {
            bytes += version >= 13 ? 16 : (flexible ? WireSize.UnsignedVarint((uint)topic.Name.Length + 1) : 2) + topic.Name.Length;
            bytes += CountBytes(CountTold(rest[..topic.PartitionCount]), flexible) + (flexible ? 1 : 0);
            rest = rest[topic.PartitionCount..];
        }

        // Index, error, base offset, append time; log start; tags.
        var resultBytes = 4 + 2 + 8 + 8 + (version >= 5 ? 8 : 0) + (flexible ? 1 : 0);
        foreach (ref readonly var result in results)
        {
            if (result.IsLeftOut)
            {
                continue;
            }

            bytes = checked(bytes + resultBytes);
            if (version >= 8)
            {
                // Errors of records: a place, no message, tags. And one message for all.
                var errorCount = result.RecordErrors?.Count ?? 0;
                bytes += CountBytes(errorCount, flexible) + (errorCount * (4 + 2));
                bytes += flexible ? WireSize.CompactString(result.ErrorMessage) : WireSize.String(result.ErrorMessage);
            }
        }

        return bytes;
    }

    private static void WriteTopic(
        ref WireWriter writer, in ProduceTopic topic, ReadOnlySpan<ProducePartitionResult> results, short version, bool flexible)
    {
        if (version >= 13)
        {
            writer.WriteUuid(topic.TopicId);
        }
        else if (flexible)
        {
            writer.WriteCompactBytes(topic.Name);
        }
        else
        {
            writer.WriteInt16((short)topic.Name.Length);
            writer.WriteRaw(topic.Name.Span);
        }

        WriteCount(ref writer, CountTold(results), flexible);
        foreach (ref readonly var result in results)
        {
            if (!result.IsLeftOut)
            {
                Write(ref writer, result, version, flexible);
            }
        }

        if (flexible)
        {
            writer.WriteUnsignedVarint(0);
        }
    }

    private static void Write(ref WireWriter writer, in ProducePartitionResult result, short version, bool flexible)
    {
        writer.WriteInt32(result.Index);
        writer.WriteInt16(result.ErrorCode);
        writer.WriteInt64(result.BaseOffset);
        writer.WriteInt64(result.LogAppendTimeMs);
        if (version >= 5)
        {
            writer.WriteInt64(result.LogStartOffset);
        }

        if (version >= 8)
        {
            WriteRecordErrors(ref writer, result.RecordErrors, flexible);
            if (flexible)
            {
                writer.WriteCompactString(result.ErrorMessage);
            }
            else
            {
                writer.WriteString(result.ErrorMessage);
            }
        }

        if (flexible)
        {
            writer.WriteUnsignedVarint(0);
        }
    }

    private static void WriteRecordErrors(ref WireWriter writer, IReadOnlyList<int>? recordErrors, bool flexible)
    {
        WriteCount(ref writer, recordErrors?.Count ?? 0, flexible);
        for (var i = 0; i < recordErrors?.Count; i++)
        {
            writer.WriteInt32(recordErrors[i]);
            if (flexible)
            {
                writer.WriteCompactString(null);
                writer.WriteUnsignedVarint(0);
            }
            else
            {
                writer.WriteString(null);
            }
        }
    }

    private static int CountTold(ReadOnlySpan<ProducePartitionResult> results)
    {
        var count = 0;
        foreach (ref readonly var result in results)
        {
            count += result.IsLeftOut ? 0 : 1;
        }

        return count;
    }

    private static int CountBytes(int count, bool flexible) => flexible ? WireSize.UnsignedVarint((uint)count + 1) : 4;

    private static void WriteCount(ref WireWriter writer, int count, bool flexible)
    {
        if (flexible)
        {
            writer.WriteUnsignedVarint((uint)count + 1);
        }
        else
        {
            writer.WriteInt32(count);
        }
    }
}
