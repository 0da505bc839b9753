using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests.Hosting;

/// <summary>A group that begins with a state: what was restored, or brought from elsewhere.</summary>
public sealed class FirstStateTests
{
    [Fact]
    public void A_crash_anywhere_in_the_first_start_begins_with_the_state_all_the_same()
    {
        for (var operations = 0; ; operations++)
        {
            var disk = new ForgetfulDisk(new Random(operations));
            using var meters = new TestMeterFactory();
            var first = new ReplicatedLog(Options(), new JournalStateMachine(), SteppedLog.Seams(disk, meters, NoAside));
            disk.CrashAfter(operations);
            try
            {
                first.Recover();
                Assert.True(operations > 10);
                return;
            }
            catch (SimulatedCrashException)
            {
                if (operations % 2 == 0)
                {
                    disk.PowerCut();
                }
            }

            using var second = SteppedLog.Started(disk, Options());
            Assert.Equal([100, 101], second.State.Ids);
            second.Commit(0, 3);
            using var third = SteppedLog.Started(disk, SteppedLog.Options());
            Assert.Equal([100, 101, 0, 1, 2], third.State.Ids);
        }
    }

    [Fact]
    public void A_folder_that_has_begun_is_not_begun_again()
    {
        var disk = new ForgetfulDisk(new Random(1));
        using (var first = SteppedLog.Started(disk))
        {
            first.Commit(0, 2);
        }

        using var second = SteppedLog.Started(disk, Options(static _ => throw new InvalidOperationException("asked for")));

        Assert.Equal([0, 1], second.State.Ids);
    }

    [Fact]
    public void What_the_state_cannot_be_made_of_fails_the_start_and_the_next_one_asks_again()
    {
        var disk = new ForgetfulDisk(new Random(1));
        Assert.Throws<InvalidDataException>(() => SteppedLog.Started(disk, Options(static _ => throw new InvalidDataException("no copy"))));

        using var second = SteppedLog.Started(disk, Options());

        Assert.Equal([100, 101], second.State.Ids);
    }

    [Fact]
    public async Task Who_joins_gets_the_state_from_the_one_that_began_with_it()
    {
        using var group = new SteppedGroup(1, firstState: WriteState);
        var leader = group.Elect(1);
        var joiner = group.Add(2);
        joiner.Start();

        var added = leader.Running.AddLearnerAsync(2, "raft-2:1", "", CancellationToken.None);
        group.Tick(50);
        await added;

        Assert.Equal([100, 101], joiner.State.Ids);
    }

    [Fact]
    public void Several_founders_do_not_begin_with_a_state()
    {
        var options = new ReplicatedLogOptions
        {
            Folder = "/forgetful",
            ClusterId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            InitialVoters = [SteppedGroup.MemberOf(1, voter: true), SteppedGroup.MemberOf(2, voter: true)],
            WriteFirstState = WriteState,
        };

        Assert.StartsWith("WriteFirstState", Assert.Single(options.Validate()), StringComparison.Ordinal);
    }

    private static ReplicatedLogOptions Options(Action<Stream>? write = null) => new()
    {
        Folder = "/forgetful", SegmentBytes = 32 << 10, EntryBytesMax = 4 << 10, WriteFirstState = write ?? WriteState,
    };

    private static void WriteState(Stream destination)
    {
        var state = new JournalStateMachine();
        state.Ids.AddRange([100, 101]);
        state.WriteSnapshot(destination);
    }

    private static Task NoAside(Action work) => throw new InvalidOperationException("nothing is due");
}
