using Google.Protobuf;
using Spillway.Metadata.Snapshots;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Snapshots;

/// <summary>
/// A state that went through its snapshot is the same state. (That it also behaves the same afterwards, in whatever order
/// things happen, is the simulation's to show.)
/// </summary>
public sealed class SnapshotTests
{
    private readonly StateContext _context = new();

    [Fact]
    public void A_restored_state_writes_the_same_snapshot()
    {
        Fill();
        var before = _context.Snapshot();

        _context.Restore(before);

        Assert.Equal(before, _context.Snapshot());
    }

    [Fact]
    public void Counts_that_are_not_written_are_counted_again()
    {
        var log = Fill();
        var segment = _context.State.Containers.Segments.First(s => s.LiveEntries > 0);
        var (size, entries, bytes, backlog) = (
            _context.Log(log).ByteSize, segment.LiveEntries, segment.LiveBytes, _context.State.Containers.DrainableBytes);

        _context.Restore(_context.Snapshot());

        var restored = _context.State.Containers.FindSegment(segment.Id)!;
        Assert.Equal(
            (size, entries, bytes, backlog),
            (_context.Log(log).ByteSize, restored.LiveEntries, restored.LiveBytes, _context.State.Containers.DrainableBytes));
        Assert.Equal(segment.Spans.Keys, restored.Spans.Keys);
    }

    [Fact]
    public void What_follows_from_transactions_is_found_again()
    {
        Fill();
        var log = _context.Log(_context.State.Topics.Find("t")!.Partitions[1].Id.Value);
        var (stable, open, aborted) = (log.LastStableOffset, log.OpenTransactionCount, log.Aborted.InOrder.ToArray());
        Assert.True(stable < log.NextOffset);

        _context.Restore(_context.Snapshot());

        var restored = _context.Log(log.Id.Value);
        Assert.Equal((stable, open), (restored.LastStableOffset, restored.OpenTransactionCount));
        Assert.Equal(aborted, restored.Aborted.InOrder);
        Assert.Single(aborted);
        Assert.Equal("t2", Assert.Single(_context.State.Transactions.Open).Id);
        Assert.True(_context.State.Groups.Find("g2")!.HasPending);
    }

    [Fact]
    public void A_damaged_snapshot_is_refused_wherever_it_ends()
    {
        Fill();
        var whole = _context.Snapshot();

        for (var length = 0; length < whole.Length; length += 1 + (length % 397))
        {
            using var cut = new MemoryStream(whole, 0, length);
            Assert.Throws<InvalidDataException>(() => SnapshotReader.Read(cut));
        }
    }

    [Fact]
    public void A_snapshot_of_another_format_is_refused()
    {
        using var stream = new MemoryStream();
        new SnapshotRecord { Header = new SnapshotHeader { FormatVersion = 99 } }.WriteDelimitedTo(stream);
        stream.Position = 0;

        Assert.Throws<InvalidDataException>(() => SnapshotReader.Read(stream));
    }

    [Fact]
    public void A_command_of_a_newer_version_stops_the_node_rather_than_being_skipped() =>
        Assert.Throws<InvalidDataException>(() => _context.Apply<object>(new Command()));

    /// <summary>Something of everything.</summary>
    private long Fill()
    {
        _context.Apply<InitializeCluster>(new Command
        {
            InitializeCluster = new InitializeCluster { ClusterId = ByteString.CopyFrom(new byte[16]) },
        });
        var writer = _context.NewWriter();
        var compactor = _context.NewCompactor();
        var logs = _context.CreateTopic("t", 2);
        _context.CreateTopic("gone");
        for (var i = 0; i < 700; i++)
        {
            writer.CommitOne(_context.Batch(logs[0], 2, producerId: i % 7, epoch: 0, sequence: i / 7 * 2));
        }

        _context.DeleteTopic("gone");
        writer.Seal();
        writer.Open();
        writer.CommitOne(_context.Batch(logs[1]));
        compactor.DrainRangesMax = 100;
        compactor.DrainBytesTarget = 1_000_000;
        var drain = compactor.Acquire().Job;
        compactor.Drain(drain);
        compactor.Complete(drain);
        compactor.Prepare(compactor.Acquire().Job);
        _context.DeleteRecords(logs[0], 150);
        FillTransactions(writer, logs[1]);
        return logs[0];
    }

    private void FillTransactions(TestWriter writer, long log)
    {
        for (var i = 0; i < 3; i++)
        {
            var producer = _context.Apply<InitProducerResult>(new Command
            {
                InitProducer = new InitProducerCall
                {
                    TransactionalId = $"t{i}", TransactionTimeoutMs = 1_000, ProducerId = -1, ProducerEpoch = -1,
                },
            });
            var batch = _context.Batch(log, 2, producerId: producer.ProducerId, epoch: 0, sequence: 0);
            (batch.Transactional, batch.TransactionVersion) = (true, 2);
            writer.CommitOne(batch);
            _context.Apply<CommitTransactionOffsetsResult>(new Command
            {
                CommitTransactionOffsets = new CommitTransactionOffsetsCall
                {
                    TransactionalId = $"t{i}",
                    ProducerId = producer.ProducerId,
                    TransactionVersion = 2,
                    GroupId = $"g{i}",
                    GenerationId = -1,
                    Offsets =
                    {
                        new OffsetToCommit
                        {
                            TopicId = TopicIds.Write(_context.State.Topics.Find("t")!.Id), Partition = i % 2, Offset = 7, Metadata = "m",
                        },
                    },
                },
            });

            // One committed, one aborted, one open.
            if (i < 2)
            {
                _context.Apply<EndTransactionResult>(new Command
                {
                    EndTransaction = new EndTransactionCall
                    {
                        TransactionalId = $"t{i}", ProducerId = producer.ProducerId, Commit = i == 0, TransactionVersion = 2,
                    },
                });
            }
        }
    }
}
