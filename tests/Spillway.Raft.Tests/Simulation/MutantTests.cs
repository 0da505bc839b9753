using Spillway.Raft.Core;
using Spillway.Raft.Tests.Core;
using Xunit;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// The test of the simulation: bugs that published libraries or first drafts had, put in one at a time, are noticed. Each
/// says how many seeds it took, and what was noticed.
/// </summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private static readonly SimulationSetup Three = new()
    {
        Founders = 3, ChangesMembers = false, Plot = Plot.Deposition,
    };

    private static readonly SimulationSetup Changing = new();

    private readonly MutantHunt _hunt = new(output);

    [Fact]
    public void Mutant_01_a_follower_acknowledges_its_last_index() =>
        _hunt.Catches(Three with { Rules = new Mutants.AcknowledgesLastIndex(), KeepsLog = true }, seedsMax: 120);

    [Fact]
    public void Mutant_02_an_acknowledgement_leaves_before_the_flush() =>
        _hunt.Catches(Three with { HostRules = new HostMutants.SendsBeforeFlush() }, seedsMax: 100);

    [Fact]
    public void Mutant_02_a_restart_forgets_what_was_not_committed() =>
        _hunt.Catches(Three with { Remembers = CommittedOnly }, seedsMax: 30);

    [Fact]
    public void Mutant_03_a_vote_is_not_flushed_before_the_answer() =>
        _hunt.Catches(Three with { HostRules = new HostMutants.FlushesEntriesOnly() }, seedsMax: 120);

    [Fact]
    public void Mutant_04_a_leader_commits_an_entry_of_an_older_term_by_counting() =>
        _hunt.Catches(Three with { Rules = new Mutants.CommitsOldTerms() }, seedsMax: 120);

    [Fact]
    public void Mutant_05_the_HardState_is_written_before_the_entries() =>
        _hunt.Catches(Three with { HostRules = new HostMutants.HardStateFirst() }, seedsMax: 30);

    [Fact]
    public void Mutant_06_the_log_goes_on_behind_a_snapshot_that_is_not_durable() =>
        _hunt.Catches(Three with { HostRules = new HostMutants.LogBeforeSnapshot() }, seedsMax: 150);

    [Fact]
    public void Mutant_07_the_election_restriction_compares_lengths() =>
        _hunt.Catches(Three with { Rules = new Mutants.ComparesByLength() }, seedsMax: 60);

    [Fact]
    public void Mutant_08_a_read_is_answered_before_the_terms_first_commit() => _hunt.Catches(
        Three with { Rules = new Mutants.ReadsEarly(), HostRules = new HostMutants.ServesAtOnce() }, seedsMax: 40);

    [Fact]
    public void Mutant_08_a_read_is_confirmed_by_the_reply_to_an_earlier_one() => _hunt.Catches(
        Three with { Rules = new Mutants.TakesAnyReply(), Plot = Plot.HandOverUnseen }, seedsMax: 40);

    [Fact]
    public void Mutant_09_a_change_of_members_takes_effect_on_append_and_again_when_applied() =>
        _hunt.Catches(Changing with { Rules = new Mutants.ChangesOnAppending() }, seedsMax: 30);

    [Fact]
    public void Mutant_09_a_snapshot_lacks_the_new_member() =>
        _hunt.Catches(Changing with { HostRules = new HostMutants.NamesVotersOnly() }, seedsMax: 40);

    [Fact]
    public void Mutant_10_proposers_are_completed_by_position() =>
        _hunt.Catches(Three with { HostRules = new HostMutants.CompletesByPosition() }, seedsMax: 20);

    private static RaftCoreState CommittedOnly(RaftCoreState state) =>
        state with { Entries = [.. state.Entries.TakeWhile(entry => entry.Index <= state.HardState.Commit)] };
}
