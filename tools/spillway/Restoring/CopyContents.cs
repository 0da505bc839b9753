using Google.Protobuf;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Tool.Restoring;

/// <summary>What a copy of metadata says of a cluster, as far as a restore depends on it. Read record by record: the copy may be large.</summary>
internal sealed class CopyContents
{
    private readonly Dictionary<long, (string Volume, string Path)> _segments = [];
    private readonly Dictionary<long, string> _prepared = [];
    private readonly Dictionary<long, string> _objects = [];
    private readonly HashSet<long> _named = [];
    private bool _isDeleted;

    public SnapshotHeader Header { get; private set; } = new();

    public long TopicCount { get; private set; }

    public long PartitionCount { get; private set; }

    public long GroupCount { get; private set; }

    public List<string> OpenTransactions { get; } = [];

    /// <summary>Bytes and offsets that the index names in each segment.</summary>
    public Dictionary<(string Volume, string Path), (long Bytes, long Offsets)> Wal { get; } = [];

    /// <summary>Keys of the objects that the index names.</summary>
    public IEnumerable<string> NamedKeys => _named.Where(_objects.ContainsKey).Select(id => _objects[id]);

    public int NamedCount => _named.Count;

    /// <summary>Whether the copy knows the object as stored.</summary>
    public bool Knows(long objectId) => objectId <= Header.ObjectId && !_prepared.ContainsKey(objectId);

    /// <exception cref="InvalidDataException">It is damaged, or of a version that this command does not know.</exception>
    public static CopyContents Read(Stream snapshot)
    {
        var contents = new CopyContents();
        while (true)
        {
            SnapshotRecord record;
            try
            {
                record = SnapshotRecord.Parser.ParseDelimitedFrom(snapshot);
            }
            catch (InvalidProtocolBufferException e)
            {
                throw new InvalidDataException("the snapshot ends early or is damaged", e);
            }

            if (record.RecordCase == SnapshotRecord.RecordOneofCase.End)
            {
                return contents;
            }

            contents.Take(record);
        }
    }

    private void Take(SnapshotRecord record)
    {
        switch (record.RecordCase)
        {
            case SnapshotRecord.RecordOneofCase.Header:
                Header = record.Header.FormatVersion == 1
                    ? record.Header
                    : throw new InvalidDataException($"the snapshot has format {record.Header.FormatVersion}, and this command knows 1");
                break;
            case SnapshotRecord.RecordOneofCase.Segment:
                _segments[record.Segment.SegmentId] = (record.Segment.Volume, record.Segment.Path);
                break;
            case SnapshotRecord.RecordOneofCase.Object:
                Take(record.Object);
                break;
            case SnapshotRecord.RecordOneofCase.Topic:
                _isDeleted = record.Topic.Deleted;
                TopicCount += _isDeleted ? 0 : 1;
                break;
            case SnapshotRecord.RecordOneofCase.Log:
                PartitionCount += _isDeleted ? 0 : 1;
                break;
            case SnapshotRecord.RecordOneofCase.IndexEntries:
                Take(record.IndexEntries);
                break;
            case SnapshotRecord.RecordOneofCase.Group:
                GroupCount++;
                break;
            case SnapshotRecord.RecordOneofCase.Transaction when record.Transaction.State == StoredTransaction.Types.State.Ongoing:
                OpenTransactions.Add(record.Transaction.TransactionalId);
                break;
        }
    }

    private void Take(StoredObject stored)
    {
        if (stored.State == StoredObject.Types.State.Prepared)
        {
            _prepared[stored.ObjectId] = stored.Key;
        }
        else
        {
            _objects[stored.ObjectId] = stored.Key;
        }
    }

    /// <summary>What is in deleted topics is nobody's loss.</summary>
    private void Take(StoredIndexEntries entries)
    {
        for (var i = 0; i < entries.Kind.Count && !_isDeleted; i++)
        {
            if (entries.Kind[i] == (int)ContainerKind.Object)
            {
                _named.Add(entries.ContainerId[i]);
            }
            else if (entries.Kind[i] == (int)ContainerKind.WalSegment && _segments.TryGetValue(entries.ContainerId[i], out var segment))
            {
                var (bytes, offsets) = Wal.GetValueOrDefault(segment);
                Wal[segment] = (bytes + entries.Length[i], offsets + entries.LastOffset[i] - entries.BaseOffset[i] + 1);
            }
        }
    }
}
