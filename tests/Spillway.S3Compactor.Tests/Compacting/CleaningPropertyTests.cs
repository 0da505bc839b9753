using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>
/// Goal: whatever is written and however cleanings are cut short, who reads a compacted log from its start gets the last value of each key, nothing
/// that was not there, in order, and tombstones for as long as promised. Method: random histories, cleanings with random bounds of memory and of
/// work in between, each of which may die after any replaced entry; what a consumer reads is compared with what was produced.
/// </summary>
public sealed class CleaningPropertyTests
{
    private const long DeleteRetentionMs = 5_000;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60), 0];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_reader_from_the_start_gets_the_last_value_of_each_key(int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var log = new LogHistory(random);
        var cleaning = new TestCleaning(log, random, DeleteRetentionMs);
        for (var round = 0; round < 12; round++)
        {
            log.Write(random.Next(1, 30));
            for (var i = random.Next(4); i > 0; i--)
            {
                cleaning.Run(mayDie: true);
                HistoryChecks.Check(log, cleaning.CleanableEnd, cleaning.FirstSeenMs, DeleteRetentionMs);
            }

            log.NowMs += random.Next(3) == 0 ? 2 * DeleteRetentionMs : random.Next(1000);
        }

        log.EndAll();
        for (var i = 0; i < 4; i++)
        {
            cleaning.RunWhole();
            HistoryChecks.Check(log, cleaning.CleanableEnd, cleaning.FirstSeenMs, DeleteRetentionMs);
            log.NowMs += DeleteRetentionMs + 1;
        }

        // In the end of each key its last value is left: no tombstone, nothing aborted, no commit marker without data.
        var left = ReadLog.Of(log);
        Assert.Equal(left.All.Count, left.All.DistinctBy(static r => r.Key).Count());
        Assert.All(left.All, static record => Assert.True(record is { Key: not null, Value: not null }));
        Assert.Equal(left.All, left.Committed);
        Assert.True(left.Batches.Count(static b => b.IsControl)
            <= log.Aborted.Count + left.Batches.Count(static b => b.IsTransactional && !b.IsControl));
    }
}
