using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>What is kept of groups, and for how long.</summary>
public sealed class GroupTableTests
{
    private const long RetentionMs = 60_000;

    private readonly StateContext _context = new();
    private readonly Guid _topic = Guid.NewGuid();

    public GroupTableTests() => _context.TryCreateTopic("t", 2, _topic);

    [Fact]
    public void An_offset_is_kept_as_it_was_committed()
    {
        Assert.Equal(ErrorCode.None, Commit(1, 42, "note", leaderEpoch: 3));

        Assert.Equal(new CommittedOffset(42, 3, "note", _context.NowMs, 0), Find(1));
        Assert.Null(Find(0));
    }

    [Fact]
    public void An_offset_needs_a_partition_that_exists()
    {
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Commit(2, 1));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Commit(-1, 1));
        Assert.Equal(ErrorCode.UnknownTopicId, Commit(0, 1, topic: Guid.NewGuid()));
        Assert.Null(_context.State.Groups.Find("g"));
    }

    [Fact]
    public void An_offset_of_a_generation_that_is_not_the_present_one_is_refused()
    {
        Put(generation: 4, members: 1);

        Assert.Equal(ErrorCode.IllegalGeneration, Commit(0, 1, generation: 3));
        Assert.Equal(ErrorCode.IllegalGeneration, Commit(0, 1, generation: 5));
        Assert.Equal(ErrorCode.None, Commit(0, 1, generation: 4));
    }

    [Fact]
    public void A_topic_takes_its_offsets_with_it_and_the_next_of_its_name_has_none()
    {
        Commit(0, 42);

        _context.DeleteTopic("t");
        var next = Guid.NewGuid();
        _context.TryCreateTopic("t", 2, next);

        Assert.Null(Find(0));
        Assert.Null(_context.State.Groups.Find("g")!.Offsets.Find(next, 0));
    }

    [Fact]
    public void Offsets_of_a_group_with_members_never_expire_with_the_empty_ones()
    {
        Put(generation: 1, members: 1);
        Commit(0, 42, generation: 1);
        _context.NowMs += 10 * RetentionMs;

        Expire();

        Assert.NotNull(Find(0));
    }

    [Fact]
    public void What_no_member_reads_goes_by_the_age_of_its_commit()
    {
        var read = Guid.NewGuid();
        _context.TryCreateTopic("read", 1, read);
        Put(generation: 1, members: 1);
        Commit(0, 42, generation: 1);
        Commit(0, 42, generation: 1, topic: read);
        _context.NowMs += RetentionMs - 1;
        Commit(1, 43, generation: 1);
        ExpireUnread();
        Assert.NotNull(Find(0));

        _context.NowMs += 1;
        ExpireUnread();

        Assert.Null(Find(0));
        Assert.NotNull(Find(1));
        Assert.NotNull(_context.State.Groups.Find("g")!.Offsets.Find(read, 0));
    }

    [Fact]
    public void What_was_unread_in_a_group_that_has_no_members_any_more_stays_as_long_as_all_of_it()
    {
        Put(generation: 1, members: 1);
        Commit(0, 42, generation: 1);
        _context.NowMs += RetentionMs;
        Put(generation: 2, members: 0);

        ExpireUnread();

        Assert.NotNull(Find(0));
    }

    [Fact]
    public void Offsets_expire_when_the_group_has_been_empty_for_the_retention_time()
    {
        Put(generation: 1, members: 1);
        Commit(0, 42, generation: 1);
        _context.NowMs += 10 * RetentionMs;
        Put(generation: 2, members: 0);
        _context.NowMs += RetentionMs - 1;
        Expire();
        Assert.NotNull(Find(0));

        _context.NowMs += 1;
        Expire();

        Assert.Null(_context.State.Groups.Find("g"));
    }

    [Fact]
    public void A_commit_to_an_empty_group_begins_its_own_retention()
    {
        Commit(0, 1);
        _context.NowMs += RetentionMs / 2;
        Commit(1, 1);
        _context.NowMs += RetentionMs / 2;

        Expire();

        Assert.Null(Find(0));
        Assert.NotNull(Find(1));
    }

    [Fact]
    public void A_commit_that_named_its_retention_has_that()
    {
        Commit(0, 1, retentionMs: 5);
        Commit(1, 1, retentionMs: 10 * RetentionMs);
        _context.NowMs += 5;
        Expire();
        Assert.Null(Find(0));

        _context.NowMs += RetentionMs;
        Expire();

        Assert.NotNull(Find(1));
    }

    [Fact]
    public void Only_a_group_without_members_is_deleted()
    {
        Put(generation: 1, members: 1);
        Assert.Equal(ErrorCode.NonEmptyGroup, Delete());
        Put(generation: 2, members: 0);
        Commit(0, 1);

        Assert.Equal(ErrorCode.None, Delete());
        Assert.Equal(ErrorCode.GroupIdNotFound, Delete());
        Assert.Null(_context.State.Groups.Find("g"));
    }

    [Fact]
    public void Groups_and_offsets_are_the_same_after_a_snapshot()
    {
        Put(generation: 4, members: 2);
        Commit(0, 42, "note", leaderEpoch: 3, generation: 4);
        for (var i = 0; i < 700; i++)
        {
            Commit(i % 2, i, $"m{i}", group: $"other{i % 300}");
        }

        var before = _context.Snapshot();
        var group = _context.State.Groups.Find("g")!;
        _context.Restore(before);

        Assert.Equal(before, _context.Snapshot());
        var restored = _context.State.Groups.Find("g")!;
        Assert.Equal(group.Metadata, restored.Metadata);
        Assert.Equal(group.Offsets.All, restored.Offsets.All);
        Assert.Equal(301, _context.State.Groups.Count);
    }

    private ErrorCode Commit(
        int partition,
        long offset,
        string metadata = "",
        int leaderEpoch = -1,
        int generation = -1,
        Guid? topic = null,
        string group = "g",
        long? retentionMs = null)
    {
        var call = new CommitOffsetsCall
        {
            GroupId = group,
            GenerationId = generation,
            Offsets =
            {
                new OffsetToCommit
                {
                    TopicId = TopicIds.Write(topic ?? _topic),
                    Partition = partition,
                    Offset = offset,
                    LeaderEpoch = leaderEpoch,
                    Metadata = metadata,
                },
            },
        };
        if (retentionMs is { } ms)
        {
            call.RetentionMs = ms;
        }

        return (ErrorCode)_context.Apply<CommitOffsetsResult>(new Command { CommitOffsets = call }).ErrorCodes[0];
    }

    private void Put(int generation, int members) => _context.Apply<GroupChangeResult>(new Command
    {
        PutGroup = new PutGroup
        {
            GroupId = "g",
            ProtocolType = "consumer",
            GenerationId = generation,
            Members =
            {
                Enumerable.Range(0, members).Select(i => new StoredGroupMember
                {
                    MemberId = $"m{i}", Assignment = ByteString.CopyFromUtf8($"a{i}"),
                }),
            },
        },
    });

    private ErrorCode Delete() => (ErrorCode)_context.Apply<DeleteGroupsResult>(
        new Command { DeleteGroups = new DeleteGroupsCall { GroupIds = { "g" } } }).Groups[0].ErrorCode;

    private void Expire() => _context.Apply<ExpireOffsets>(
        new Command { ExpireOffsets = new ExpireOffsets { GroupIds = { "g" }, RetentionMs = RetentionMs } });

    private void ExpireUnread() => _context.Apply<ExpireOffsets>(new Command
    {
        ExpireOffsets = new ExpireOffsets
        {
            RetentionMs = RetentionMs, Unread = { new UnreadTopics { GroupId = "g", TopicIds = { TopicIds.Write(_topic) } } },
        },
    });

    private CommittedOffset? Find(int partition) => _context.State.Groups.Find("g")?.Offsets.Find(_topic, partition);
}
