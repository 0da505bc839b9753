using Spillway.Kafka;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Jobs;
using Spillway.Metadata.Log;
using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Snapshots;

/// <summary>
/// Builds a state from what <see cref="SnapshotWriter"/> wrote. What follows from other parts (reference counts, queues) is
/// counted anew. Anything unexpected is <see cref="InvalidDataException"/>: better no start than another state.
/// </summary>
internal sealed class SnapshotReader
{
    private readonly MetadataState _state = new();
    private readonly Dictionary<long, PartitionLog> _logs = [];
    private Topic? _topic;
    private bool _hasHeader;
    private bool _queued;

    private SnapshotReader()
    {
    }

    public static MetadataState Read(Stream source)
    {
        var reader = new SnapshotReader();
        for (long count = 1; ; count++)
        {
            var record = ReadRecord(source);
            if (reader._hasHeader == (record.RecordCase == SnapshotRecord.RecordOneofCase.Header))
            {
                throw new InvalidDataException("A metadata snapshot has one header, and begins with it.");
            }

            if (record.RecordCase == SnapshotRecord.RecordOneofCase.End)
            {
                reader.Queue();
                return record.End.RecordCount == count
                    ? reader._state
                    : throw new InvalidDataException(
                        $"The metadata snapshot has {count} records and should have {record.End.RecordCount}.");
            }

            reader.Take(record);
        }
    }

    private static SnapshotRecord ReadRecord(Stream source)
    {
        try
        {
            return SnapshotRecord.Parser.ParseDelimitedFrom(source);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException e)
        {
            throw new InvalidDataException("The metadata snapshot ends early or is damaged.", e);
        }
    }

    private void Take(SnapshotRecord record)
    {
        switch (record.RecordCase)
        {
            case SnapshotRecord.RecordOneofCase.Header:
                TakeHeader(record.Header);
                break;
            case SnapshotRecord.RecordOneofCase.Configs:
                _state.Configs.Restore(record.Configs);
                break;
            case SnapshotRecord.RecordOneofCase.Node:
                TakeNode(record.Node);
                break;
            case SnapshotRecord.RecordOneofCase.BlockResult:
                _state.Nodes.Find(NodeKind.Writer, record.BlockResult.WriterId)!
                    .Blocks.Restore(BlockOutcome.Of(record.BlockResult.Reply, record.BlockResult.BlockSeq));
                break;
            case SnapshotRecord.RecordOneofCase.Segment:
                TakeSegment(record.Segment);
                break;
            case SnapshotRecord.RecordOneofCase.Object:
                TakeObject(record.Object);
                break;
            case SnapshotRecord.RecordOneofCase.Topic:
                TakeTopic(record.Topic);
                break;
            case SnapshotRecord.RecordOneofCase.Log:
                TakeLog(record.Log);
                break;
            case SnapshotRecord.RecordOneofCase.IndexEntries:
                TakeEntries(record.IndexEntries);
                break;
            case SnapshotRecord.RecordOneofCase.Producers:
                TakeProducers(record.Producers);
                break;
            case SnapshotRecord.RecordOneofCase.Job:
                TakeJob(record.Job);
                break;
            case SnapshotRecord.RecordOneofCase.Group:
                TakeGroup(record.Group);
                break;
            case SnapshotRecord.RecordOneofCase.ConsumerMember:
                TakeConsumerMember(record.ConsumerMember);
                break;
            case SnapshotRecord.RecordOneofCase.Offsets:
                TakeOffsets(record.Offsets);
                break;
            case SnapshotRecord.RecordOneofCase.Aborted:
                StoredTransactions.Take(record.Aborted, _logs[record.Aborted.LogId]);
                break;
            case SnapshotRecord.RecordOneofCase.PendingOffsets:
                StoredTransactions.Take(record.PendingOffsets, _state.Groups.GetOrAdd(record.PendingOffsets.GroupId));
                break;
            case SnapshotRecord.RecordOneofCase.Transaction:
                _state.Transactions.Add(StoredTransactions.Read(record.Transaction));
                break;
            default:
                throw new InvalidDataException("The metadata snapshot has a record that this version does not know.");
        }
    }

    private void TakeHeader(SnapshotHeader header)
    {
        if (header.FormatVersion != SnapshotWriter.FormatVersion)
        {
            throw new InvalidDataException($"Metadata snapshots of format {header.FormatVersion} are not known here.");
        }

        _hasHeader = true;
        _state.ClusterId = header.ClusterId.ToByteArray();
        _state.Clock.Advance(header.TimeMs);
        _state.ImageVersion = header.ImageVersion;
        _state.Topics.LastLogId = header.LogId;
        _state.Containers.LastSegmentId = header.SegmentId;
        _state.Containers.LastObjectId = header.ObjectId;
        _state.Containers.Incarnation = header.Incarnation;
        _state.Containers.IsCollectionHeld = header.CollectionHeld;
        _state.Jobs.LastJobId = header.JobId;
        _state.Scrubs.Restore(header.Scrub);
        _state.Producers.Next = header.NextProducerId;
        _state.Topics.DeletedBeforeProducerId = header.DeletedBeforeProducerId;
        _state.Configs.RestoreOfAllBrokers(header.BrokerConfigs);
        _state.Features.Restore(header.FeatureLevels, header.FeatureChanges);
        foreach (var (kind, id) in header.NodeIds)
        {
            _state.Nodes.LastNodeIds[kind] = id;
        }
    }

    private void TakeNode(StoredNode stored)
    {
        var node = new RegisteredNode(stored.NodeId, stored.Registration)
        {
            Epoch = stored.Epoch,
            LeaseExpiryMs = stored.LeaseExpiryMs,
            Live = stored.Live,
        };
        node.Blocks.LastSeq = stored.LastBlockSeq;
        _state.Nodes.Add(node);
    }

    private void TakeSegment(StoredSegment stored)
    {
        var segment = new Segment(
            stored.SegmentId, stored.WriterId, stored.WriterEpoch, stored.Volume, stored.Path, stored.RequestToken)
        {
            Sealed = stored.Sealed,
            SealedAtMs = stored.SealedAtMs,
            DrainAfterMs = stored.DrainAfterMs,
            FailureCount = stored.FailureCount,
        };
        _state.Containers.Restore(segment, stored.UnreferencedAtMs);
        if (!segment.Sealed)
        {
            _state.Nodes.Find(NodeKind.Writer, segment.WriterId)!.OpenSegments.Add(segment);
        }
    }

    private void TakeObject(StoredObject stored)
    {
        var data = new DataObject(stored.ObjectId, stored.Key, stored.ExpiryMs)
        {
            State = (ObjectState)stored.State,
            SizeBytes = stored.SizeBytes,
            Accepted = [.. stored.Accepted],
            IsRewritten = stored.Rewritten,
            FailureCount = stored.FailureCount,
        };
        _state.Containers.Restore(data, stored.UnreferencedAtMs);
    }

    private void TakeTopic(StoredTopic stored)
    {
        _topic = new Topic(TopicIds.Read(stored.TopicId), stored.Name, stored.ReplicationFactor) { Deleted = stored.Deleted };
        foreach (var (key, value) in stored.Configs)
        {
            _topic.Configs[key] = value;
        }

        _state.Topics.Add(_topic);
    }

    private void TakeLog(StoredLog stored)
    {
        var log = _state.Topics.AddPartition(_topic!, new LogId(stored.LogId));
        log.NextOffset = stored.NextOffset;
        log.LogStartOffset = stored.LogStartOffset;
        log.RewriteVersion = stored.RewriteVersion;
        log.Producers.ForgottenBelow = stored.ProducersForgottenBelow;
        log.MergeStartOffset = stored.MergeStartOffset;
        log.MergeFailureCount = stored.MergeFailureCount;
        if (stored.MergeSinceMs != 0)
        {
            _state.Containers.Merges.Note(log, stored.MergeSinceMs);
        }

        log.Cleaning = stored.Cleaning is null ? null : new CleaningState
        {
            CleanedOffset = stored.Cleaning.CleanedOffset,
            PassEnd = stored.Cleaning.PassEnd,
            CompactedEnd = stored.Cleaning.CompactedEnd,
            NextOffset = stored.Cleaning.NextOffset,
            FailureCount = stored.Cleaning.FailureCount,
            NotBeforeMs = stored.Cleaning.NotBeforeMs,
        };
        _logs.Add(stored.LogId, log);
    }

    private void TakeEntries(StoredIndexEntries stored)
    {
        var log = _logs[stored.LogId];
        for (var i = 0; i < stored.BaseOffset.Count; i++)
        {
            var entry = new BatchIndexEntry(
                stored.BaseOffset[i],
                stored.LastOffset[i],
                stored.MaxTimestamp[i],
                (ContainerKind)stored.Kind[i],
                stored.ContainerId[i],
                stored.Position[i],
                stored.Length[i],
                stored.RewriteVersion[i]);
            log.Index.Append(entry);
            _state.Containers.Reference(log, entry);
        }
    }

    private void TakeProducers(StoredProducers stored)
    {
        var log = _logs[stored.LogId];
        foreach (var producer in stored.Producers)
        {
            var batches = producer.FirstSequence.Select((first, i) =>
                new ProducedBatch(first, producer.LastSequence[i], producer.BaseOffset[i]));
            var state = ProducerState.Restore((short)producer.Epoch, producer.LastAppendMs, producer.AcceptedRecords, batches);
            if (producer.HasTransactionFirstOffset)
            {
                state.TransactionFirstOffset = producer.TransactionFirstOffset;
                log.OpenTransaction(producer.TransactionFirstOffset);
            }

            log.Producers.Restore(producer.ProducerId, state);
        }
    }

    /// <summary>Jobs take what they lease out of the queues, so these must be there first.</summary>
    private void Queue()
    {
        if (!_queued)
        {
            _queued = true;
            _state.Containers.QueueAll();
            _state.Topics.QueueAllForTrim();
        }
    }

    private void TakeJob(StoredJob stored)
    {
        Queue();
        var job = new LeasedJob(stored.JobId, stored.Kind, stored.CompactorId, stored.CompactorEpoch)
        {
            LeaseExpiryMs = stored.LeaseExpiryMs,
        };
        job.Containers.AddRange(stored.SegmentIds.Select(id => _state.Containers.FindSegment(id)!));
        job.Containers.AddRange(stored.ObjectIds.Select(id => _state.Containers.FindObject(id)!));
        job.LogIds.AddRange(stored.LogIds);
        _state.Jobs.Add(job);
    }

    private void TakeGroup(StoredGroup stored)
    {
        var group = _state.Groups.GetOrAdd(stored.GroupId);
        group.Metadata = stored.Metadata;
        group.EmptySinceMs = stored.EmptySinceMs;
        group.Consumer = stored.Consumer is null ? null : new DurableConsumerGroup
        {
            Revision = stored.Consumer.Revision,
            GroupEpoch = stored.Consumer.GroupEpoch,
            AssignmentEpoch = stored.Consumer.AssignmentEpoch,
            TopicsHash = stored.Consumer.TopicsHash,
        };
    }

    private void TakeConsumerMember(StoredConsumerGroupMember stored) =>
        _state.Groups.GetOrAdd(stored.GroupId).Consumer!.Members.Add(
            stored.Member.MemberId,
            new DurableConsumerMember(stored.Member) { Target = stored.Target, Assignment = stored.Assignment });

    private void TakeOffsets(StoredOffsets stored)
    {
        var offsets = _state.Groups.GetOrAdd(stored.GroupId).Offsets;
        for (var i = 0; i < stored.TopicId.Count; i++)
        {
            offsets.Put(TopicIds.Read(stored.TopicId[i]), stored.Partition[i], new CommittedOffset(
                stored.Offset[i], stored.LeaderEpoch[i], stored.Metadata[i], stored.CommitMs[i], stored.ExpireMs[i]));
        }
    }
}
