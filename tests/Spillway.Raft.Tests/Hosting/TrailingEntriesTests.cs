using Spillway.Raft.Hosting;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

public sealed class TrailingEntriesTests
{
    [Fact]
    public void The_last_ones_stay_by_number()
    {
        var trailing = new TrailingEntries(entriesMax: 10, bytesMax: 1 << 20);
        trailing.BeginBehind(1);
        Apply(trailing, 100, 100);

        Assert.Equal(91UL, trailing.ForgetUpTo(101));
        Assert.Equal(91UL, trailing.ForgetUpTo(101));
    }

    [Fact]
    public void And_by_bytes()
    {
        var trailing = new TrailingEntries(entriesMax: 1000, bytesMax: 1000);
        trailing.BeginBehind(1);
        Apply(trailing, 100, 100);

        Assert.Equal(91UL, trailing.ForgetUpTo(101));
    }

    [Fact]
    public void What_no_snapshot_covers_stays_whatever_it_takes()
    {
        var trailing = new TrailingEntries(entriesMax: 10, bytesMax: 1000);
        trailing.BeginBehind(1);
        Apply(trailing, 100, 100);

        Assert.Equal(50UL, trailing.ForgetUpTo(50));
    }

    [Fact]
    public void The_first_entry_of_all_goes_with_the_first_snapshot()
    {
        var trailing = new TrailingEntries(entriesMax: 10, bytesMax: 1000);
        Apply(trailing, 5, 10);

        Assert.Equal(1UL, trailing.ForgetUpTo(5));
    }

    private static void Apply(TrailingEntries trailing, int count, int bytes)
    {
        for (; count > 0; count--)
        {
            trailing.Applied(bytes);
        }
    }
}
