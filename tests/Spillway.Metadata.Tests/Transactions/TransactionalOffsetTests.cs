using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>Offsets that are committed with a transaction (KIP-98, KIP-447).</summary>
public sealed class TransactionalOffsetTests
{
    private readonly TransactionContext _context = new();
    private readonly InitProducerResult _producer;

    public TransactionalOffsetTests()
    {
        _context.Base.CreateTopic("a");
        _context.Base.CreateTopic("b");
        _producer = _context.Init();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public void They_count_once_the_transaction_is_committed_and_never_if_it_is_not(int version, bool commit)
    {
        _context.CommitPlainOffset("g", "a", 3);
        Assert.Equal(ErrorCode.None, _context.AddOffsets(_producer, "g"));

        Assert.Equal(ErrorCode.None, _context.CommitOffset(_producer, "g", "a", 7, version));
        Assert.Equal((3, true), (_context.CommittedOffset("g", "a"), _context.IsPending("g", "a")));

        _context.End(_producer, commit, version);
        Assert.Equal((commit ? 7 : 3, false), (_context.CommittedOffset("g", "a"), _context.IsPending("g", "a")));
    }

    [Fact]
    public void With_tv1_the_group_must_have_been_added_and_with_tv2_it_is()
    {
        Assert.Equal(ErrorCode.TransactionAbortable, _context.CommitOffset(_producer, "g", "a", 7, version: 1));
        Assert.Equal(ErrorCode.None, _context.CommitOffset(_producer, "g", "a", 7, version: 2));
        Assert.Equal(ErrorCode.TransactionAbortable, _context.CommitOffset(_producer, "h", "a", 7, version: 1));

        Assert.Equal(0, _context.End(_producer, commit: true, version: 2).ErrorCode);
        Assert.Equal(7, _context.CommittedOffset("g", "a"));
    }

    [Fact]
    public void A_fenced_producer_commits_none()
    {
        _context.Init();

        Assert.Equal(ErrorCode.InvalidProducerEpoch, _context.CommitOffset(_producer, "g", "a", 7, version: 2));
        Assert.Equal(ErrorCode.ProducerFenced, _context.AddOffsets(_producer, "g"));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _context.AddOffsets(_producer, "g", id: "u"));
        Assert.Equal(
            ErrorCode.InvalidProducerIdMapping, _context.CommitOffset(_producer, "g", "a", 7, version: 2, id: "u"));
        Assert.False(_context.IsPending("g", "a"));
    }

    [Fact]
    public void A_generation_that_is_over_commits_none()
    {
        _context.Base.Apply<GroupChangeResult>(new Command { PutGroup = new PutGroup { GroupId = "g", GenerationId = 4 } });

        Assert.Equal(ErrorCode.IllegalGeneration, _context.CommitOffset(_producer, "g", "a", 7, version: 2, generation: 3));
        Assert.False(_context.Table.Find("t")!.IsOngoing);
        Assert.Equal(ErrorCode.None, _context.CommitOffset(_producer, "g", "a", 7, version: 2, generation: 4));
    }

    [Fact]
    public void What_was_committed_later_stays()
    {
        _context.CommitOffset(_producer, "g", "a", 7, version: 2);
        _context.CommitOffset(_producer, "g", "b", 7, version: 2);
        _context.CommitPlainOffset("g", "a", 9);
        Assert.True(_context.IsPending("g", "a"));

        _context.End(_producer, commit: true, version: 2);

        Assert.Equal((9, 7), (_context.CommittedOffset("g", "a"), _context.CommittedOffset("g", "b")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_two_transactions_the_one_that_wrote_later_counts_whichever_ends_first(bool firstEndsFirst)
    {
        var other = _context.Init("u");
        _context.CommitOffset(_producer, "g", "a", 7, version: 2);
        _context.CommitOffset(other, "g", "a", 8, version: 2, id: "u");

        foreach (var isFirst in firstEndsFirst ? new[] { true, false } : [false, true])
        {
            _context.End(isFirst ? _producer : other, commit: true, version: 2, id: isFirst ? "t" : "u");
        }

        Assert.Equal(8, _context.CommittedOffset("g", "a"));
    }

    [Fact]
    public void A_topic_that_is_deleted_takes_its_offsets_along()
    {
        _context.CommitOffset(_producer, "g", "a", 7, version: 2);
        _context.CommitOffset(_producer, "g", "b", 8, version: 2);

        _context.Base.DeleteTopic("a");
        _context.End(_producer, commit: true, version: 2);

        Assert.Equal([8], _context.Base.State.Groups.Find("g")!.Offsets.All.Select(o => o.Offset.Offset));
    }

    [Fact]
    public void A_group_that_is_deleted_takes_its_offsets_along()
    {
        _context.CommitOffset(_producer, "g", "a", 7, version: 2);
        var deleted = _context.Base.Apply<DeleteGroupsResult>(new Command
        {
            DeleteGroups = new DeleteGroupsCall { GroupIds = { "g" } },
        });
        Assert.Equal(0, deleted.Groups[0].ErrorCode);

        Assert.Equal(0, _context.End(_producer, commit: true, version: 2).ErrorCode);

        Assert.Null(_context.Base.State.Groups.Find("g"));
    }

    [Fact]
    public void An_offset_that_is_deleted_takes_what_is_pending_along()
    {
        _context.CommitPlainOffset("g", "a", 3);
        _context.CommitOffset(_producer, "g", "a", 7, version: 2);
        _context.CommitOffset(_producer, "g", "b", 8, version: 2);
        var topicId = TopicIds.Write(_context.Base.State.Topics.Find("a")!.Id);
        _context.Base.Apply<DeleteOffsetsResult>(new Command
        {
            DeleteOffsets = new DeleteOffsetsCall { GroupId = "g", Offsets = { new OffsetToFetch { TopicId = topicId } } },
        });

        _context.End(_producer, commit: true, version: 2);

        Assert.Equal((-1, 8), (_context.CommittedOffset("g", "a"), _context.CommittedOffset("g", "b")));
    }

    [Fact]
    public void Neither_a_group_nor_an_offset_expires_under_an_open_transaction()
    {
        _context.CommitPlainOffset("g", "a", 3);
        _context.CommitPlainOffset("g", "b", 3);
        _context.CommitOffset(_producer, "g", "a", 7, version: 2);
        _context.CommitOffset(_producer, "h", "a", 7, version: 2);
        _context.Base.NowMs += 1_000_000;

        Expire();

        Assert.Equal((3, -1), (_context.CommittedOffset("g", "a"), _context.CommittedOffset("g", "b")));
        Assert.NotNull(_context.Base.State.Groups.Find("h"));
        _context.End(_producer, commit: false, version: 2);
        Expire();
        Assert.Equal(0, _context.Base.State.Groups.Count);
    }

    [Fact]
    public void Nor_does_what_no_member_reads()
    {
        _context.CommitPlainOffset("g", "a", 3);
        _context.CommitPlainOffset("g", "b", 3);
        _context.Base.Apply<GroupChangeResult>(new Command
        {
            PutGroup = new PutGroup
            {
                GroupId = "g", ProtocolType = "consumer", GenerationId = 1, Members = { new StoredGroupMember { MemberId = "m" } },
            },
        });
        _context.CommitOffset(_producer, "g", "a", 7, version: 2);
        _context.Base.NowMs += 1_000_000;

        ExpireUnread("a", "b");

        Assert.Equal((3, -1), (_context.CommittedOffset("g", "a"), _context.CommittedOffset("g", "b")));
        _context.End(_producer, commit: false, version: 2);
        ExpireUnread("a", "b");
        Assert.Equal(-1, _context.CommittedOffset("g", "a"));
    }

    private void ExpireUnread(params string[] topics) => _context.Base.Apply<ExpireOffsets>(new Command
    {
        ExpireOffsets = new ExpireOffsets
        {
            RetentionMs = 1_000,
            Unread =
            {
                new UnreadTopics
                {
                    GroupId = "g", TopicIds = { topics.Select(topic => TopicIds.Write(_context.Base.State.Topics.Find(topic)!.Id)) },
                },
            },
        },
    });

    private void Expire() => _context.Base.Apply<ExpireOffsets>(new Command
    {
        ExpireOffsets = new ExpireOffsets { GroupIds = { "g", "h" }, RetentionMs = 1_000 },
    });
}
