using Google.Protobuf;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Log;
using Spillway.Metadata.LogCompaction;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Snapshots;

/// <summary>
/// Writes a state as a sequence of records (docs/formats/metadata-commands.md). Each kind goes out in order of id, so that
/// equal states give equal bytes.
/// </summary>
internal sealed class SnapshotWriter
{
    public const int FormatVersion = 1;

    /// <summary>Entries or producers in one record: keeps a record well below what a reader has to buffer.</summary>
    private const int RowsPerRecord = 512;

    private readonly Stream _destination;
    private long _recordCount;

    private SnapshotWriter(Stream destination) => _destination = destination;

    public static void Write(MetadataState state, Stream destination)
    {
        var writer = new SnapshotWriter(destination);
        writer.WriteHeader(state);
        writer.WriteConfigs(state);
        writer.WriteNodes(state);
        writer.WriteContainers(state);
        writer.WriteTopics(state);
        writer.WriteJobs(state);
        writer.WriteGroups(state);
        foreach (var producer in state.Transactions.All)
        {
            writer.Add(new SnapshotRecord { Transaction = StoredTransactions.ToRecord(producer) });
        }

        writer.Add(new SnapshotRecord { End = new SnapshotEnd { RecordCount = writer._recordCount + 1 } });
        destination.Flush();
    }

    private void WriteHeader(MetadataState state)
    {
        var header = new SnapshotHeader
        {
            FormatVersion = FormatVersion,
            ClusterId = ByteString.CopyFrom(state.ClusterId),
            TimeMs = state.Clock.NowMs,
            ImageVersion = state.ImageVersion,
            LogId = state.Topics.LastLogId,
            SegmentId = state.Containers.LastSegmentId,
            ObjectId = state.Containers.LastObjectId,
            JobId = state.Jobs.LastJobId,
            NextProducerId = state.Producers.Next,
            DeletedBeforeProducerId = state.Topics.DeletedBeforeProducerId,
            Incarnation = state.Containers.Incarnation,
            CollectionHeld = state.Containers.IsCollectionHeld,
            Scrub = state.Scrubs.Stored,
        };
        header.BrokerConfigs.Add(state.Configs.DynamicBrokerConfigs);
        header.NodeIds.Add(state.Nodes.LastNodeIds);
        header.FeatureLevels.Add(state.Features.Set);
        header.FeatureChanges = state.Features.ChangeCount;
        Add(new SnapshotRecord { Header = header });
    }

    private void WriteConfigs(MetadataState state)
    {
        foreach (var (kind, name) in state.Configs.Resources)
        {
            var resource = new ConfigResource { Kind = kind, Name = name };
            resource.Configs.Add(state.Configs.Of(kind, name));
            Add(new SnapshotRecord { Configs = resource });
        }
    }

    private void WriteNodes(MetadataState state)
    {
        foreach (var node in state.Nodes.All)
        {
            Add(new SnapshotRecord
            {
                Node = new StoredNode
                {
                    Registration = node.Registration,
                    NodeId = node.NodeId,
                    Epoch = node.Epoch,
                    LeaseExpiryMs = node.LeaseExpiryMs,
                    Live = node.Live,
                    LastBlockSeq = node.Blocks.LastSeq,
                },
            });
            WriteBlockResults(node);
        }
    }

    private void WriteBlockResults(RegisteredNode node)
    {
        foreach (var outcome in node.Blocks.Kept())
        {
            Add(new SnapshotRecord
            {
                BlockResult = new StoredBlockResult { WriterId = node.NodeId, BlockSeq = outcome.BlockSeq, Reply = outcome.ToMessage() },
            });
        }
    }

    private void WriteContainers(MetadataState state)
    {
        foreach (var segment in state.Containers.Segments)
        {
            Add(new SnapshotRecord { Segment = ToRecord(segment) });
        }

        foreach (var data in state.Containers.Objects)
        {
            Add(new SnapshotRecord { Object = ToRecord(data) });
        }
    }

    private static StoredSegment ToRecord(Segment segment) => new()
    {
        SegmentId = segment.Id,
        WriterId = segment.WriterId,
        WriterEpoch = segment.WriterEpoch,
        Volume = segment.Volume,
        Path = segment.Path,
        RequestToken = segment.RequestToken,
        Sealed = segment.Sealed,
        SealedAtMs = segment.SealedAtMs,
        DrainAfterMs = segment.DrainAfterMs,
        UnreferencedAtMs = segment.UnreferencedAtMs,
        FailureCount = segment.FailureCount,
    };

    private static StoredObject ToRecord(DataObject data) => new()
    {
        ObjectId = data.Id,
        Key = data.Key,
        State = (StoredObject.Types.State)data.State,
        ExpiryMs = data.ExpiryMs,
        SizeBytes = data.SizeBytes,
        Accepted = { data.Accepted },
        UnreferencedAtMs = data.UnreferencedAtMs,
        Rewritten = data.IsRewritten,
        FailureCount = data.FailureCount,
    };

    private void WriteTopics(MetadataState state)
    {
        foreach (var topic in state.Topics.All)
        {
            var record = new StoredTopic
            {
                TopicId = TopicIds.Write(topic.Id),
                Name = topic.Name,
                ReplicationFactor = topic.ReplicationFactor,
                Deleted = topic.Deleted,
            };
            record.Configs.Add(topic.Configs);
            Add(new SnapshotRecord { Topic = record });
            foreach (var log in topic.Partitions)
            {
                WriteLog(log);
            }
        }
    }

    private void WriteLog(PartitionLog log)
    {
        Add(new SnapshotRecord
        {
            Log = new StoredLog
            {
                TopicId = TopicIds.Write(log.Topic.Id),
                Partition = log.Partition,
                LogId = log.Id.Value,
                NextOffset = log.NextOffset,
                LogStartOffset = log.LogStartOffset,
                RewriteVersion = log.RewriteVersion,
                ProducersForgottenBelow = log.Producers.ForgottenBelow,
                MergeSinceMs = log.MergeSinceMs,
                MergeStartOffset = log.MergeStartOffset,
                MergeFailureCount = log.MergeFailureCount,
                Cleaning = ToRecord(log.Cleaning),
            },
        });

        var cursor = new IndexCursor(0, 0);
        while (!log.Index.IsEnd(cursor))
        {
            var record = new StoredIndexEntries { LogId = log.Id.Value };
            for (var i = 0; i < RowsPerRecord && !log.Index.IsEnd(cursor); i++)
            {
                AddRow(record, log.Index[cursor]);
                cursor = log.Index.Next(cursor);
            }

            Add(new SnapshotRecord { IndexEntries = record });
        }

        foreach (var producers in log.Producers.InOrder.Chunk(RowsPerRecord))
        {
            var record = new StoredProducers { LogId = log.Id.Value };
            record.Producers.AddRange(producers.Select(p => ToRecord(p.Key, p.Value)));
            Add(new SnapshotRecord { Producers = record });
        }

        foreach (var ranges in log.Aborted.InOrder.Chunk(RowsPerRecord))
        {
            Add(new SnapshotRecord { Aborted = StoredTransactions.ToRecord(log.Id, ranges) });
        }
    }

    private static StoredCleaning? ToRecord(CleaningState? cleaning) => cleaning is null ? null : new StoredCleaning
    {
        CleanedOffset = cleaning.CleanedOffset,
        PassEnd = cleaning.PassEnd,
        CompactedEnd = cleaning.CompactedEnd,
        NextOffset = cleaning.NextOffset,
        FailureCount = cleaning.FailureCount,
        NotBeforeMs = cleaning.NotBeforeMs,
    };

    private static void AddRow(StoredIndexEntries record, in BatchIndexEntry entry)
    {
        record.BaseOffset.Add(entry.BaseOffset);
        record.LastOffset.Add(entry.LastOffset);
        record.MaxTimestamp.Add(entry.MaxTimestamp);
        record.Kind.Add((int)entry.Kind);
        record.ContainerId.Add(entry.ContainerId);
        record.Position.Add(entry.Position);
        record.Length.Add(entry.Length);
        record.RewriteVersion.Add(entry.RewriteVersion);
    }

    private static StoredProducer ToRecord(long producerId, ProducerState producer)
    {
        var record = new StoredProducer
        {
            ProducerId = producerId,
            Epoch = producer.ProducerEpoch,
            LastAppendMs = producer.LastAppendMs,
            AcceptedRecords = producer.AcceptedRecords,
        };
        if (producer.TransactionFirstOffset >= 0)
        {
            record.TransactionFirstOffset = producer.TransactionFirstOffset;
        }

        for (var i = 0; i < producer.BatchCount; i++)
        {
            record.FirstSequence.Add(producer[i].FirstSequence);
            record.LastSequence.Add(producer[i].LastSequence);
            record.BaseOffset.Add(producer[i].BaseOffset);
        }

        return record;
    }

    private void WriteJobs(MetadataState state)
    {
        foreach (var job in state.Jobs.All)
        {
            var record = new StoredJob
            {
                JobId = job.JobId,
                Kind = job.Kind,
                CompactorId = job.CompactorId,
                CompactorEpoch = job.CompactorEpoch,
                LeaseExpiryMs = job.LeaseExpiryMs,
            };
            record.SegmentIds.AddRange(job.Containers.OfType<Segment>().Select(s => s.Id));
            record.ObjectIds.AddRange(job.Containers.OfType<DataObject>().Select(o => o.Id));
            record.LogIds.AddRange(job.LogIds);
            Add(new SnapshotRecord { Job = record });
        }
    }

    private void WriteGroups(MetadataState state)
    {
        foreach (var group in state.Groups.All)
        {
            Add(new SnapshotRecord
            {
                Group = new StoredGroup
                {
                    GroupId = group.Id,
                    Metadata = group.Metadata,
                    EmptySinceMs = group.EmptySinceMs,
                    Consumer = ToRecord(group.Consumer),
                },
            });
            foreach (var member in group.Consumer?.Members.Values ?? Enumerable.Empty<DurableConsumerMember>())
            {
                Add(new SnapshotRecord
                {
                    ConsumerMember = new StoredConsumerGroupMember
                    {
                        GroupId = group.Id, Member = member.Member, Target = member.Target, Assignment = member.Assignment,
                    },
                });
            }

            foreach (var rows in group.Offsets.All.Chunk(RowsPerRecord))
            {
                var record = new StoredOffsets { GroupId = group.Id };
                foreach (var (topicId, partition, offset) in rows)
                {
                    record.TopicId.Add(TopicIds.Write(topicId));
                    record.Partition.Add(partition);
                    record.Offset.Add(offset.Offset);
                    record.LeaderEpoch.Add(offset.LeaderEpoch);
                    record.Metadata.Add(offset.Metadata);
                    record.CommitMs.Add(offset.CommitMs);
                    record.ExpireMs.Add(offset.ExpireMs);
                }

                Add(new SnapshotRecord { Offsets = record });
            }

            foreach (var (producerId, offsets) in group.Pending?.All ?? [])
            {
                foreach (var rows in offsets.Chunk(RowsPerRecord))
                {
                    Add(new SnapshotRecord { PendingOffsets = StoredTransactions.ToRecord(group.Id, producerId, rows) });
                }
            }
        }
    }

    private static StoredConsumerGroup? ToRecord(DurableConsumerGroup? group) => group is null ? null : new StoredConsumerGroup
    {
        Revision = group.Revision,
        GroupEpoch = group.GroupEpoch,
        AssignmentEpoch = group.AssignmentEpoch,
        TopicsHash = group.TopicsHash,
    };

    private void Add(SnapshotRecord record)
    {
        record.WriteDelimitedTo(_destination);
        _recordCount++;
    }
}
