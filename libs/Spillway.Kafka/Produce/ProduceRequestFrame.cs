using System.Runtime.InteropServices;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Kafka.Produce;

/// <summary>
/// A produce request read flat and by hand: what <see cref="RequestHeader"/> and <see cref="ProduceRequest"/> say, without an object
/// for each part and without a copy, for every produce comes through here. Read it again and again; strings and records are
/// slices of the frame last read. Not thread-safe.
/// </summary>
public sealed class ProduceRequestFrame
{
    // The version from which lengths are compact and sections have tags.
    private const short FlexibleVersion = ProduceRequest.FirstFlexibleVersion;

    // The version from which topics go by id (KIP-516).
    private const short TopicIdVersion = 13;

    // Of this much a later request will have use; a larger one is left to the collector.
    private const int ElementsKept = 256;

    private List<ProduceTopic> _topics = [];
    private List<ProducePartition> _partitions = [];

    /// <summary>The version the request was read in.</summary>
    public short Version { get; private set; }

    /// <summary>Of the header.</summary>
    public int CorrelationId { get; private set; }

    /// <summary>Of the header, valid UTF-8; null where the client gave none.</summary>
    public ReadOnlyMemory<byte>? ClientId { get; private set; }

    /// <summary>Valid UTF-8; null where the request is not transactional.</summary>
    public ReadOnlyMemory<byte>? TransactionalId { get; private set; }

    /// <summary>As the client asked: -1, 0, 1, or nonsense.</summary>
    public short Acks { get; private set; }

    /// <summary>How long the client lets the broker take, in ms.</summary>
    public int TimeoutMs { get; private set; }

    /// <summary>In the order of the request.</summary>
    public ReadOnlySpan<ProduceTopic> Topics => CollectionsMarshal.AsSpan(_topics);

    /// <summary>Those of all topics, in the order of the request.</summary>
    public ReadOnlySpan<ProducePartition> Partitions => CollectionsMarshal.AsSpan(_partitions);

    /// <summary>Reads a frame without its length: header and body.</summary>
    /// <param name="frame">Must stay as it is for as long as what was read is used.</param>
    /// <param name="version">Of the API, which is Produce; the caller has looked.</param>
    /// <exception cref="MalformedMessageException">The bytes are no such request.</exception>
    public void Read(ReadOnlyMemory<byte> frame, short version)
    {
        Clear();
        if (version is < ProduceRequest.MinVersion or > ProduceRequest.MaxVersion)
        {
            MalformedMessageException.ThrowUnsupportedVersion(nameof(ProduceRequest), version);
        }

        Version = version;
        var reader = new WireReader(frame);
        ReadHeader(ref reader);
        ReadBody(ref reader);
    }

    /// <summary>Forgets what was read, and the frame with it.</summary>
    public void Clear()
    {
        (ClientId, TransactionalId) = (null, null);
        Clear(ref _topics);
        Clear(ref _partitions);
    }

    private static void Clear<T>(ref List<T> list)
    {
        list.Clear();
        if (list.Capacity > ElementsKept)
        {
            list = [];
        }
    }

    private void ReadHeader(ref WireReader reader)
    {
        reader.ReadInt16();
        reader.ReadInt16();
        CorrelationId = reader.ReadInt32();
        ClientId = reader.ReadNullableUtf8();
        if (Version >= FlexibleVersion)
        {
            reader.SkipTaggedFields();
        }
    }

    private void ReadBody(ref WireReader reader)
    {
        var flexible = Version >= FlexibleVersion;
        TransactionalId = flexible ? reader.ReadCompactNullableUtf8() : reader.ReadNullableUtf8();
        Acks = reader.ReadInt16();
        TimeoutMs = reader.ReadInt32();

        // The least that a topic takes: its name or id, an empty array, and a section of tags.
        var topicBytesMin = Version >= TopicIdVersion ? 18 : flexible ? 3 : 6;
        var count = flexible ? reader.ReadCompactArrayLength(topicBytesMin) : reader.ReadArrayLength(topicBytesMin);
        for (var i = 0; i < count; i++)
        {
            ReadTopic(ref reader, flexible);
        }

        if (flexible)
        {
            reader.SkipTaggedFields();
        }
    }

    private void ReadTopic(ref WireReader reader, bool flexible)
    {
        ReadOnlyMemory<byte> name = default;
        Guid id = default;
        if (Version >= TopicIdVersion)
        {
            id = reader.ReadUuid();
        }
        else
        {
            name = flexible ? reader.ReadCompactUtf8() : reader.ReadUtf8();
        }

        // The least that a partition takes: its index, empty records, and a section of tags.
        var partitionBytesMin = flexible ? 6 : 8;
        var count = flexible ? reader.ReadCompactArrayLength(partitionBytesMin) : reader.ReadArrayLength(partitionBytesMin);
        for (var i = 0; i < count; i++)
        {
            var index = reader.ReadInt32();
            var records = flexible ? reader.ReadCompactNullableBytes() : reader.ReadNullableBytes();
            if (flexible)
            {
                reader.SkipTaggedFields();
            }

            _partitions.Add(new ProducePartition(index, records));
        }

        if (flexible)
        {
            reader.SkipTaggedFields();
        }

        _topics.Add(new ProduceTopic(name, id, count));
    }
}
