using Spillway.S3Compactor.Tests.Compacting;
using Xunit;

namespace Spillway.S3Compactor.Tests.Restoring;

/// <summary>A log at the moment its cluster was lost.</summary>
/// <param name="LogId">Its id.</param>
/// <param name="History">What was produced.</param>
/// <param name="DrainedEnd">Below this all of it was in objects that the index named.</param>
/// <param name="Drained">What a reader got of those.</param>
internal sealed record LostLog(long LogId, LogHistory History, long DrainedEnd, ReadLog Drained)
{
    /// <summary>Below this everything was found, by drains too whose commits were lost.</summary>
    private long _restoredEnd = DrainedEnd;

    /// <summary>
    /// Nothing that was drained is missing, nothing is there that was not produced or twice, and of each key the last record is the one it was.
    /// </summary>
    public void AssertIs(ReadLog restored)
    {
        var found = restored.Batches.Where(b => b.RecordCount > 0 && b.LastOffset < History.NextOffset).Select(static b => b.NextOffset);
        _restoredEnd = found.Append(DrainedEnd).Max();
        var read = restored.All.ToDictionary(static record => record.Offset); // no offset twice
        Assert.All(restored.All, record => Assert.Equal(History.Records[record.Offset], record));
        var lasting = Drained.Committed.Where(static r => r.Key is not null).GroupBy(static r => r.Key).Select(static g => g.Last()).Where(static r => r.Value is not null);
        Assert.All(lasting, record => Assert.True(read.ContainsKey(record.Offset), $"offset {record.Offset} of log {LogId} was drained and is lost"));
        AssertLastValues(restored);
    }

    /// <summary>The same after the log was cleaned once more.</summary>
    public void AssertLastValues(ReadLog restored)
    {
        var known = History.Records.Values.Where(r => r.Offset >= History.LogStartOffset && IsKnown(r.Offset));
        var committed = restored.Committed.Where(r => r.Offset >= History.LogStartOffset).ToList();
        Assert.All(committed, record => Assert.Contains(record.Offset, History.Committed));
        Assert.Equal(HistoryChecks.LastValues(known), HistoryChecks.LastValues(committed.Where(r => IsKnown(r.Offset))));
    }

    private bool IsKnown(long offset) => History.CommittedAt.GetValueOrDefault(offset, long.MaxValue) < _restoredEnd;
}
