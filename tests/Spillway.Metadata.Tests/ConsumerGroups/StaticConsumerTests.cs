using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Static members of the consumer protocol (KIP-848, "Static membership").</summary>
public sealed class StaticConsumerTests
{
    private readonly ConsumerGroupContext _context = new();
    private readonly ConsumerTestMember _other;
    private readonly ConsumerTestMember _first;

    public StaticConsumerTests()
    {
        _context.Topics.Put("t", 6);
        _first = _context.Member(instanceId: "i");
        _other = _context.Member();
        _context.Settle(_first, _other);
    }

    [Fact]
    public void A_static_member_that_went_for_a_while_comes_back_to_its_partitions_without_an_epoch()
    {
        var partitions = _first.Partitions;
        var epoch = _context.Consumers.GroupEpoch;
        Assert.Equal(MemberEpochs.LeaveForAWhile, _first.Leave(forAWhile: true)!.MemberEpoch);
        Assert.Null(_other.Beat()!.Assignment);
        var back = _context.Member(instanceId: "i");

        back.Join();

        Assert.Equal(partitions, back.Assigned);
        Assert.Equal((epoch, epoch), (back.Epoch, _context.Consumers.GroupEpoch));
        Assert.Equal([back.Id, _other.Id], _context.Consumers.Members.Keys.Order(
            Comparer<string>.Create((a, b) => a == back.Id ? -1 : b == back.Id ? 1 : 0)));
        Assert.Null(_other.Beat()!.Assignment);
    }

    [Fact]
    public void The_instance_id_of_a_member_that_is_there_is_not_given_away()
    {
        Assert.Equal(ErrorCode.UnreleasedInstanceId, (ErrorCode)_context.Member(instanceId: "i").Join()!.ErrorCode);
        Assert.Equal(ErrorCode.None, (ErrorCode)_first.Beat()!.ErrorCode);
    }

    [Fact]
    public void The_old_self_of_a_static_member_is_fenced()
    {
        _first.Leave(forAWhile: true);
        var back = _context.Member(instanceId: "i");
        back.Join();

        Assert.Equal(ErrorCode.FencedInstanceId, (ErrorCode)_first.Beat(2)!.ErrorCode);
        Assert.Equal(ErrorCode.FencedInstanceId, (ErrorCode)_first.Leave()!.ErrorCode);
        Assert.Equal(ErrorCode.UnknownMemberId, (ErrorCode)_context.Member(instanceId: "j").Beat(1)!.ErrorCode);
        Assert.Equal(ErrorCode.None, (ErrorCode)back.Beat()!.ErrorCode);
    }

    [Fact]
    public void A_static_member_that_does_not_come_back_loses_its_partitions_with_its_session()
    {
        _first.Leave(forAWhile: true);
        for (var i = 0; i < 9; i++)
        {
            _context.Advance(5_000);
            _other.Beat();
        }

        Assert.Equal(6, _other.Wanted.Count);
        Assert.Equal([_other.Id], _context.Consumers.Members.Keys);
    }

    [Fact]
    public void A_static_member_that_is_away_stays_so_over_a_change_of_leaders()
    {
        var partitions = _first.Partitions;
        _first.Leave(forAWhile: true);
        _context.Restart();
        var back = _context.Member(instanceId: "i");

        back.Join();

        Assert.Equal(partitions, back.Assigned);
    }

    [Fact]
    public void What_it_was_to_give_up_is_free_when_it_goes_for_a_while()
    {
        var third = _context.Member();
        third.Join();
        _first.Beat();
        Assert.NotEmpty(_context.Consumers.Members[_first.Id].Assignment!.PendingRevocation);

        _first.Leave(forAWhile: true);
        third.Beat();

        Assert.NotEmpty(third.Wanted);
    }
}
