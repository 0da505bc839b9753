using Spillway.Raft.Core;
using Spillway.Raft.Hosting;
using Spillway.Raft.Segments;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>Hosts with one bug each; the core's are in <see cref="Core.Mutants"/>.</summary>
internal static class HostMutants
{
    public sealed class SendsBeforeFlush : HostRules
    {
        public override bool SendsAtOnce(bool leads, bool promises) => true;
    }

    public sealed class FlushesEntriesOnly : HostRules
    {
        public override bool Flushes(Ready ready) => ready.Entries.Count > 0;
    }

    public sealed class NeverFlushes : HostRules
    {
        public override bool Flushes(Ready ready) => false;
    }

    public sealed class HardStateFirst : HostRules
    {
        public override bool WritesHardStateFirst => true;
    }

    public sealed class LogBeforeSnapshot : HostRules
    {
        public override bool AdoptsBeforeLog => false;
    }

    public sealed class TrustsTransfers : HostRules
    {
        public override bool ChecksFetched => false;
    }

    public sealed class ForgetsOnRoll : HostRules
    {
        public override HardState OnNewSegment(HardState current) => default;
    }

    public sealed class NamesVotersOnly : HostRules
    {
        public override Membership InSnapshot(Membership applied) =>
            new([.. applied.Members.Where(static member => member.Voter)]);
    }

    public sealed class CompletesByPosition : HostRules
    {
        public override ulong PendingKey(ulong tag, ulong index) => index;

        public override bool IsOwn(bool sameNodeAndEpoch) => true;

        public override bool EndsPendingWithLead => false;
    }

    public sealed class ServesAtOnce : HostRules
    {
        public override bool Serves(bool appliedInTerm) => true;
    }
}
