using Spillway.Kafka.Errors;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Topics;

/// <summary>Topics and partitions come and go; their identities never come back.</summary>
public sealed class TopicTests
{
    private readonly StateContext _context = new();

    [Fact]
    public void A_topic_created_again_has_another_id_and_other_logs_and_nothing_in_them()
    {
        var writer = _context.NewWriter();
        var first = _context.CreateTopic("t", 2);
        var firstId = _context.State.Topics.Find("t")!.Id;
        writer.CommitOne(_context.Batch(first[0], 5));

        _context.DeleteTopic("t");
        _context.Trim();
        var second = _context.CreateTopic("t", 2);

        Assert.NotEqual(firstId, _context.State.Topics.Find("t")!.Id);
        Assert.Empty(first.Intersect(second));
        Assert.Equal(0, _context.Log(second[0]).NextOffset);
        Assert.Null(_context.Log(first[0]));
    }

    [Fact]
    public void A_name_is_taken_once()
    {
        _context.CreateTopic("a.b");

        Assert.Equal((int)ErrorCode.TopicAlreadyExists, _context.TryCreateTopic("a.b").ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidTopicException, _context.TryCreateTopic("a_b").ErrorCode);
        _context.DeleteTopic("a.b");
        Assert.Equal(0, _context.TryCreateTopic("a_b").ErrorCode);
    }

    [Fact]
    public void A_creation_that_is_proposed_twice_creates_once()
    {
        var id = Guid.NewGuid();
        var first = _context.TryCreateTopic("t", 3, id);

        Assert.Equal(first, _context.TryCreateTopic("t", 3, id));
        Assert.Equal(3, _context.State.Topics.LogCount);
        _context.DeleteTopic("t");
        Assert.Equal((int)ErrorCode.TopicAlreadyExists, _context.TryCreateTopic("t", 3, id).ErrorCode);
    }

    [Fact]
    public void Topics_are_deleted_by_name_or_by_id()
    {
        _context.CreateTopic("t");
        var id = TopicIds.Write(_context.State.Topics.Find("t")!.Id);

        Assert.Equal(0, Delete(new TopicReference { TopicId = id }).ErrorCode);
        Assert.Equal((int)ErrorCode.UnknownTopicId, Delete(new TopicReference { TopicId = id }).ErrorCode);
        Assert.Equal((int)ErrorCode.UnknownTopicOrPartition, Delete(new TopicReference { Name = "t" }).ErrorCode);
    }

    [Fact]
    public void Partitions_are_only_ever_added()
    {
        var before = _context.CreateTopic("t", 2);

        Assert.Equal((int)ErrorCode.InvalidPartitions, Grow("t", 2).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidPartitions, Grow("t", 1).ErrorCode);
        Assert.Equal((int)ErrorCode.UnknownTopicOrPartition, Grow("u", 3).ErrorCode);
        Assert.Equal(0, Grow("t", 4).ErrorCode);
        var after = _context.State.Topics.Find("t")!.Partitions.Select(p => p.Id.Value).ToArray();
        Assert.Equal(4, after.Length);
        Assert.Equal(before, after[..2]);
    }

    [Fact]
    public void The_log_start_moves_forward_only()
    {
        var log = _context.CreateTopic()[0];
        var writer = _context.NewWriter();
        writer.CommitOne(_context.Batch(log, 10));

        Assert.Equal(4, _context.DeleteRecords(log, 4).LogStartOffset);
        Assert.Equal(4, _context.DeleteRecords(log, 2).LogStartOffset);
        Assert.Equal((int)ErrorCode.OffsetOutOfRange, _context.DeleteRecords(log, 11).ErrorCode);
        Assert.Equal((int)ErrorCode.OffsetOutOfRange, _context.DeleteRecords(log, -2).ErrorCode);
        Assert.Equal((int)ErrorCode.UnknownTopicOrPartition, _context.DeleteRecords(77, 0).ErrorCode);
        Assert.Equal(10, _context.DeleteRecords(log, -1).LogStartOffset);
        Assert.Equal(10, _context.Log(log).HighWatermark);
    }

    [Fact]
    public void Entries_below_the_log_start_go_and_one_that_reaches_over_it_stays()
    {
        var log = _context.CreateTopic()[0];
        var writer = _context.NewWriter();
        for (var i = 0; i < 4; i++)
        {
            writer.CommitOne(_context.Batch(log, 10));
        }

        _context.DeleteRecords(log, 25);

        Assert.Equal([20, 30], _context.Entries(log).Select(e => e.BaseOffset));
        Assert.Equal(200, _context.Log(log).ByteSize);
    }

    [Fact]
    public void Much_is_trimmed_bit_by_bit()
    {
        var log = _context.CreateTopic()[0];
        var writer = _context.NewWriter();
        for (var i = 0; i < 1_000; i++)
        {
            writer.CommitOne(_context.Batch(log));
        }

        _context.DeleteRecords(log, -1);
        var afterOne = _context.Log(log).Index.Count;
        _context.Trim(100);
        var afterTwo = _context.Log(log).Index.Count;
        while (_context.State.Topics.HasTrimmable)
        {
            _context.Trim(100);
        }

        Assert.InRange(afterOne, 1, 999);
        Assert.Equal(afterOne - 100, afterTwo);
        Assert.Equal(0, _context.Log(log).Index.Count);
        Assert.Equal(0, _context.Log(log).ByteSize);
    }

    [Fact]
    public void A_deleted_topic_goes_bit_by_bit_until_nothing_is_left()
    {
        var logs = _context.CreateTopic("t", 5);
        var writer = _context.NewWriter();
        foreach (var log in logs)
        {
            writer.Commit(_context.Batch(log), _context.Batch(log));
        }

        _context.DeleteTopic("t");
        var steps = 0;
        for (; _context.State.Topics.HasTrimmable; steps++)
        {
            _context.Trim(2);
        }

        Assert.True(steps > 4);
        Assert.Equal(0, _context.State.Topics.LogCount);
        Assert.Equal(0, _context.State.Containers.FindSegment(writer.SegmentId)!.LiveEntries);
    }

    private TopicResult Delete(TopicReference reference) => _context.Apply<DeleteTopicsResult>(new()
    {
        DeleteTopics = new DeleteTopicsCall { Topics = { reference } },
    }).Topics[0];

    private TopicResult Grow(string name, int partitions) => _context.Apply<CreatePartitionsResult>(new()
    {
        CreatePartitions = new CreatePartitionsCall { Topics = { new MorePartitions { Name = name, Partitions = partitions } } },
    }).Topics[0];
}
