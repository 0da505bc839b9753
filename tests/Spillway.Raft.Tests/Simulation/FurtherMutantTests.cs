using Spillway.Raft.Tests.Core;
using Xunit;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>More bugs that the simulation notices, besides those of <see cref="MutantTests"/>.</summary>
public sealed class FurtherMutantTests(ITestOutputHelper output)
{
    private static readonly SimulationSetup Three = new()
    {
        Founders = 3, ChangesMembers = false, Plot = Plot.Deposition,
    };

    private static readonly SimulationSetup Changing = new();

    private readonly MutantHunt _hunt = new(output);

    [Fact]
    public void A_voter_that_votes_twice_in_a_term() =>
        _hunt.Catches(Three with { Rules = new Mutants.VotesAgain() }, seedsMax: 40);

    [Fact]
    public void Half_of_the_voters_for_a_quorum() =>
        _hunt.Catches(Changing with { Rules = new Mutants.TakesHalf() }, seedsMax: 20);

    [Fact]
    public void Learners_that_count_for_a_quorum() =>
        _hunt.Catches(Changing with { Rules = new Mutants.CountsLearners() }, seedsMax: 100);

    [Fact]
    public void A_follower_that_takes_its_whole_log_for_committed() =>
        _hunt.Catches(Three with { Rules = new Mutants.CommitsWholeLog(), KeepsLog = true }, seedsMax: 100);

    [Fact]
    public void A_heartbeat_with_a_commit_index_that_the_follower_does_not_hold() =>
        _hunt.Catches(Three with { Rules = new Mutants.SendsCommitInHeartbeats() }, seedsMax: 20);

    [Fact]
    public void A_HardState_that_is_lost_when_a_segment_is_full() =>
        _hunt.Catches(Three with { HostRules = new HostMutants.ForgetsOnRoll() }, seedsMax: 20);

    [Fact]
    public void A_snapshot_that_was_served_half() =>
        _hunt.Catches(Changing with { HostRules = new HostMutants.TrustsTransfers() }, seedsMax: 60);

    [Fact]
    public void A_lone_node_that_never_flushes() => _hunt.Catches(
        new SimulationSetup { Founders = 1, ChangesMembers = false, HostRules = new HostMutants.NeverFlushes() },
        seedsMax: 20);

    [Fact]
    public void A_disk_that_lies_about_flushes() =>
        _hunt.Catches(Three with { Disk = static disk => disk.Lies = true }, seedsMax: 20);
}
