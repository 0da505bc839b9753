using System.Globalization;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Producers;
using Spillway.Metadata.Registrations;
using Spillway.Metadata.Topics;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Segments;

/// <summary>
/// Segments opened and sealed, blocks committed: where offsets come from. Everything is judged here, at apply, batch by
/// batch, because only here is it known what came before (leaderless-lessons §2.1).
/// </summary>
internal sealed class BlockCommits(
    StateClock clock,
    NodeTable nodes,
    ContainerTable containers,
    TopicTable topics,
    ProducerIds producers,
    TransactionAppends transactions,
    AppliedChanges changes)
{
    /// <summary>
    /// Byte-adjacent batches become one entry up to this, so that an entry is never a large read. A single larger batch is
    /// one entry by itself.
    /// </summary>
    public const long EntryBytesMax = 1 << 20;

    public OpenSegmentReply Open(OpenSegmentRequest request)
    {
        if (!nodes.IsCurrent(NodeKind.Writer, request.WriterId, request.WriterEpoch))
        {
            return new OpenSegmentReply { Fenced = true };
        }

        var writer = nodes.Find(NodeKind.Writer, request.WriterId)!;
        var segment = writer.OpenSegments.Find(s => s.RequestToken == request.RequestToken);
        if (segment is null)
        {
            var id = ++containers.LastSegmentId;

            // Flat and unique: the id is never given out again, so no file is ever shared or opened twice.
            var path = string.Create(
                CultureInfo.InvariantCulture, $"{id:d12}-w{request.WriterId}-e{request.WriterEpoch}.wal");
            segment = new Segment(
                id, request.WriterId, request.WriterEpoch, request.Volume, path, request.RequestToken);
            containers.Add(segment);
            writer.OpenSegments.Add(segment);
        }

        return new OpenSegmentReply { SegmentId = segment.Id, Path = segment.Path };
    }

    public SealSegmentReply Seal(SealSegmentRequest request)
    {
        if (!nodes.IsCurrent(NodeKind.Writer, request.WriterId, request.WriterEpoch))
        {
            return new SealSegmentReply { Fenced = true };
        }

        var writer = nodes.Find(NodeKind.Writer, request.WriterId)!;
        if (writer.OpenSegments.Find(s => s.Id == request.SegmentId) is { } segment)
        {
            writer.OpenSegments.Remove(segment);
            containers.Seal(segment);
        }

        return new SealSegmentReply();
    }

    public BlockOutcome Commit(CommitBlockReader request)
    {
        if (nodes.Find(NodeKind.Writer, request.WriterId) is not { } writer || writer.Epoch != request.WriterEpoch)
        {
            return BlockOutcome.Refused(CommitStatus.Fenced, request.BlockSeq);
        }

        // Before anything else is judged: what was applied stays applied, whatever became of its segment or of the lease (P2).
        var blocks = writer.Blocks;
        var nextSeq = blocks.LastSeq + 1;
        if (request.BlockSeq < nextSeq)
        {
            return blocks.Find(request.BlockSeq)
                ?? BlockOutcome.Refused(CommitStatus.Forgotten, request.BlockSeq, nextSeq);
        }

        if (!writer.Live)
        {
            return BlockOutcome.Refused(CommitStatus.Fenced, request.BlockSeq);
        }

        if (request.BlockSeq != nextSeq)
        {
            return BlockOutcome.Refused(CommitStatus.Resend, request.BlockSeq, nextSeq);
        }

        if (FindOpen(writer, request.SegmentId) is not { } segment)
        {
            // Not remembered: the block comes again under its sequence, in another segment (P5).
            return BlockOutcome.Refused(CommitStatus.SegmentSealed, request.BlockSeq, nextSeq);
        }

        var outcomes = new BatchOutcome[request.BatchCount];
        PartitionLog? log = null;
        for (var i = 0; request.TryReadBatch(out var batch); i++)
        {
            if (log is null || log.Id.Value != batch.LogId)
            {
                log = topics.FindLog(batch.LogId);
            }

            outcomes[i] = Append(segment, request.PayloadPosition, batch, log);
        }

        var outcome = BlockOutcome.Committed(request.BlockSeq, outcomes);
        blocks.Add(outcome);
        return outcome;
    }

    // Not by Find: its closure would be garbage for each block.
    private static Segment? FindOpen(RegisteredNode writer, long segmentId)
    {
        foreach (var segment in writer.OpenSegments)
        {
            if (segment.Id == segmentId)
            {
                return segment;
            }
        }

        return null;
    }

    private BatchOutcome Append(Segment segment, long payloadPosition, in BatchToCommit batch, PartitionLog? log)
    {
        if (log is null)
        {
            return Refused(ErrorCode.UnknownTopicOrPartition);
        }

        TransactionalProducer? producer = null;
        var verdict = batch.Transactional
            ? transactions.Check(batch, log, producers.Next, out producer)
            : log.Producers.Check(batch, producers.Next);
        if (verdict.Error != ErrorCode.None || verdict.IsDuplicate)
        {
            return new BatchOutcome(verdict.Error, verdict.BaseOffset, log.LogStartOffset, verdict.IsDuplicate);
        }

        var baseOffset = log.NextOffset;
        var state = log.Producers.Append(batch, baseOffset, clock.NowMs);
        if (producer is not null)
        {
            transactions.Append(batch, log, producer, state!, baseOffset);
        }

        log.NextOffset += batch.RecordCount;
        AddEntry(log, segment, payloadPosition, batch, baseOffset);
        changes.Touch(log);
        return new BatchOutcome(ErrorCode.None, baseOffset, log.LogStartOffset, IsDuplicate: false);
    }

    private void AddEntry(PartitionLog log, Segment segment, long payloadPosition, in BatchToCommit batch, long baseOffset)
    {
        var position = payloadPosition + batch.Position;
        var lastOffset = baseOffset + batch.RecordCount - 1;
        if (log.Index.Count > 0)
        {
            // Byte-adjacent and last of its log: no refused batch can lie between, so its offsets are adjacent too. Only
            // entries of this block grow; what was visible before stays as it was.
            ref readonly var last = ref log.Index.Last;
            if (last.Kind == ContainerKind.WalSegment && last.ContainerId == segment.Id
                && last.Position >= payloadPosition && last.Position + last.Length == position
                && last.Length + batch.Length <= EntryBytesMax)
            {
                var grown = last with
                {
                    LastOffset = lastOffset,
                    MaxTimestamp = Math.Max(last.MaxTimestamp, batch.MaxTimestamp),
                    Length = last.Length + batch.Length,
                };
                log.Index.GrowLast(grown);
                ContainerTable.Grow(log, segment, grown, batch.Length);
                return;
            }
        }

        var entry = new BatchIndexEntry(
            baseOffset, lastOffset, batch.MaxTimestamp, ContainerKind.WalSegment, segment.Id, position, batch.Length, 0);
        log.Index.Append(entry);
        containers.Reference(log, entry);
    }

    private static BatchOutcome Refused(ErrorCode error) => new(error, BaseOffset: -1, LogStartOffset: -1, IsDuplicate: false);
}
