using Spillway.Kafka.Errors;
using Spillway.Metadata.Transactions;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>The end of a transaction is one command, whose length is what its partitions make it: they are bounded, and it stays whole.</summary>
public sealed class LargeTransactionTests
{
    private readonly TransactionContext _context = new();
    private readonly long[] _logs;
    private readonly long _other;

    public LargeTransactionTests()
    {
        _logs = [.. Enumerable.Range(0, 5).SelectMany(i => _context.Base.CreateTopic($"t{i}", TransactionalProducer.LogsMax / 5))];
        _other = _context.Base.CreateTopic("other")[0];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_transaction_of_as_many_partitions_as_one_may_have_ends_in_all_of_them_at_once(bool commit)
    {
        var producer = _context.Init();
        Assert.Equal(ErrorCode.None, _context.AddPartitions(producer, _logs));
        _context.Produce(producer, _logs[^1], 0, 1);

        Assert.Equal(0, _context.End(producer, commit, version: 1).ErrorCode);

        Assert.All(_logs[..^1], log => Assert.Equal(1, _context.Base.Log(log).LastStableOffset));
        Assert.Equal(2, _context.Base.Log(_logs[^1]).LastStableOffset);
        Assert.Equal(commit ? 0 : 1, _context.Aborted(_logs[^1]).Length);
    }

    [Fact]
    public void No_partition_more_is_added_to_it_and_it_goes_on_with_those_that_it_has()
    {
        var producer = _context.Init();
        Assert.Equal(ErrorCode.None, _context.AddPartitions(producer, _logs));

        Assert.Equal(ErrorCode.PolicyViolation, _context.AddPartitions(producer, _other));
        Assert.Equal((int)ErrorCode.PolicyViolation, _context.Produce(producer, _other, 0, 2).ErrorCode);
        Assert.Equal(ErrorCode.None, _context.AddPartitions(producer, _logs[..2]));
        Assert.Equal(0, _context.Produce(producer, _logs[7], 0, 2).ErrorCode);

        Assert.Equal(TransactionalProducer.LogsMax, _context.Table.Find("t")!.Logs.Count);
        Assert.Equal(0, _context.Base.Log(_other).NextOffset);
        Assert.Equal(0, _context.End(producer, commit: true, version: 1).ErrorCode);
        Assert.Equal(ErrorCode.None, _context.AddPartitions(producer, _other));
    }

    /// <summary>All or none, as ever; a partition that is named twice counts once.</summary>
    [Fact]
    public void A_call_that_names_too_many_adds_none_of_them()
    {
        var producer = _context.Init();

        Assert.Equal(ErrorCode.PolicyViolation, _context.AddPartitions(producer, [.. _logs, _other]));
        Assert.False(_context.Table.Find("t")!.IsOngoing);
        Assert.Equal(ErrorCode.None, _context.AddPartitions(producer, [.. _logs, _logs[0]]));
    }
}
