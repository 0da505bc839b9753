namespace Spillway.Metadata.Tests.Jobs;

/// <summary>
/// Goal: whatever is ingested, merging writes a byte once at most (so that with the drain a byte is written twice), and the index of a log
/// keeps a bounded number of entries. Method: random histories of drains, merges (done, lost and failed), truncations and restores; seeds are shown.
/// </summary>
public sealed class MergeBoundsTests(ITestOutputHelper output)
{
    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5, 6, Environment.TickCount & 0xFFFFFF];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_byte_is_merged_once_and_the_index_stays_short(int seed)
    {
        output.WriteLine($"seed {seed}");
        var history = new MergeHistory(new Random(seed));

        for (var step = 0; step < 1_500; step++)
        {
            history.Step();
        }

        history.Settle();
        foreach (var line in history.Judge())
        {
            output.WriteLine(line);
        }
    }

    [Fact]
    public void A_log_of_very_many_tiny_entries_keeps_few()
    {
        const int Drains = 6_000;
        var history = new MergeHistory(new Random(7), entriesMin: 4, bytesMax: 1_000, logs: 1);
        for (var i = 0; i < Drains; i++)
        {
            history.Drain();
            history.MergeAll();
        }

        history.Judge();
        Assert.InRange(history.EntryCount, 50, 2 * Math.Sqrt(2 * Drains));
    }
}
