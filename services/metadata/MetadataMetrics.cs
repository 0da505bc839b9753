using System.Diagnostics;
using System.Diagnostics.Metrics;
using Spillway.Metadata.Copies;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata;

/// <summary>Every instrument of the metadata service.</summary>
internal sealed class MetadataMetrics
{
    private readonly Histogram<double> _commandDuration;
    private readonly Counter<long> _commandFailures;
    private readonly Counter<long> _leasesExpired;
    private readonly Counter<long> _recordsExpired;
    private readonly Counter<long> _groupGenerations;
    private readonly Counter<long> _transactionsEnded;
    private readonly UpDownCounter<long> _watchers;
    private readonly Counter<long> _copies;
    private readonly Counter<long> _copyFailures;
    private readonly Meter _meter;
    private (int Logs, double Ratio) _dirty;

    public MetadataMetrics(IMeterFactory meters, MetadataStateMachine machine)
    {
        var meter = meters.Create("Spillway.Metadata");
        _meter = meter;
        _commandDuration = meter.CreateHistogram<double>(
            "spillway.metadata.command.duration", "s", "From proposal to applied result, by kind of command.");
        _commandFailures = meter.CreateCounter<long>(
            "spillway.metadata.command.failures", "{command}", "Commands whose outcome their proposer did not learn or that were refused by the log.");
        _leasesExpired = meter.CreateCounter<long>(
            "spillway.metadata.expirations", "{round}", "Rounds in which a lease or a prepared object had expired.");
        _recordsExpired = meter.CreateCounter<long>(
            "spillway.metadata.records.expired", "{offset}", "Offsets that retention took away on this leader.");
        _groupGenerations = meter.CreateCounter<long>(
            "spillway.metadata.group.generations", "{generation}", "Rebalances of groups that came to their end.");
        _transactionsEnded = meter.CreateCounter<long>(
            "spillway.metadata.transactions.ended", "{transaction}",
            "Transactions that ended on this leader, by cause: commit and abort by their producers, init by another one that took over, timeout, forced by an administrator.");
        _watchers = meter.CreateUpDownCounter<long>(
            "spillway.metadata.watchers", "{stream}", "Streams of image and tail updates.");
        _copies = meter.CreateCounter<long>(
            "spillway.metadata.snapshot.copies", "{copy}", "Copies of the state stored in the object store.");
        _copyFailures = meter.CreateCounter<long>(
            "spillway.metadata.snapshot.copy.failures", "{failure}", "Copies of the state that could not be stored, listed or deleted.");
        meter.CreateObservableGauge(
            "spillway.metadata.compaction.dirty", () => _dirty.Logs, "{partition}", "Partitions that wait for log compaction, on the leader.");
        meter.CreateObservableGauge(
            "spillway.metadata.compaction.dirty.ratio", () => _dirty.Ratio, "1", "Share of dirty bytes of the dirtiest of them.");
        Observe(meter, machine, "spillway.metadata.topics", "{topic}", "Topics.", s => s.Topics.TopicCount);
        Observe(meter, machine, "spillway.metadata.partitions", "{partition}", "Partitions.", s => s.Topics.LogCount);
        Observe(meter, machine, "spillway.metadata.segments", "{segment}", "WAL segments known.", s => s.Containers.SegmentCount);
        Observe(meter, machine, "spillway.metadata.objects", "{object}", "Objects known.", s => s.Containers.ObjectCount);
        Observe(meter, machine, "spillway.metadata.drain.backlog", "By", "Bytes in sealed segments that wait for a drain.", s => s.Containers.DrainableBytes);
        Observe(meter, machine, "spillway.metadata.drain.oldest", "ms", "How long the sealed segment that waits longest for a drain has been sealed.", s => s.Containers.OldestUndrainedMs(s.Clock.NowMs));
        Observe(meter, machine, "spillway.metadata.groups", "{group}", "Groups with members or offsets.", s => s.Groups.Count);
        Observe(meter, machine, "spillway.metadata.transactional.ids", "{id}", "Transactional ids known.", s => s.Transactions.Count);
        Observe(meter, machine, "spillway.metadata.transactions.open", "{transaction}", "Open transactions.", s => s.Transactions.OpenCount);
        Observe(meter, machine, "spillway.metadata.transactions.oldest", "ms", "How long the oldest open transaction has been open.", s => s.Transactions.OldestMs(s.Clock.NowMs));
        Observe(meter, machine, "spillway.metadata.garbage", "{container}", "Segments and objects that wait to be deleted.", s => s.Containers.GarbageCount);
        Observe(meter, machine, "spillway.metadata.merge.backlog", "{partition}", "Partitions that got small objects since merging last looked at them.", s => s.Containers.Merges.Count);
        Observe(meter, machine, "spillway.metadata.scrub.damaged", "{object}", "Objects that the scrub found damaged and not sound since.", s => s.Scrubs.DamagedCount);
        meter.CreateObservableGauge(
            "spillway.metadata.scrub.age", () => machine.Read(ScrubAge), "s", "How long ago the last pass of the scrub came to its end; nothing before.");
        meter.CreateObservableGauge(
            "spillway.metadata.jobs", () => machine.Read(JobsByKind), "{job}", "Jobs that compactors have in hand, by kind.");
    }

    public void CommandApplied(Command.ChangeOneofCase kind, TimeSpan duration)
    {
        if (_commandDuration.Enabled)
        {
            _commandDuration.Record(duration.TotalSeconds, new TagList { { "command", kind.ToString() } });
        }
    }

    public void CommandFailed(Command.ChangeOneofCase kind) =>
        _commandFailures.Add(1, new TagList { { "command", kind.ToString() } });

    public void CopyMade() => _copies.Add(1);

    public void CopyFailed() => _copyFailures.Add(1);

    /// <summary>How far back a restore would go. Only a leader knows; the others show no age.</summary>
    public void ObserveCopies(KeptCopies kept, MetadataNode node)
    {
        IEnumerable<Measurement<double>> Age() => node.Lead is { } lead && kept.NewestMs(lead) is > 0 and var newestMs
            ? [new Measurement<double>(Math.Max(0, node.NowMs - newestMs) / 1000.0)]
            : [];
        IEnumerable<Measurement<long>> Bytes() => node.Lead is { } lead ? [new Measurement<long>(kept.Bytes(lead))] : [];
        _meter.CreateObservableGauge("spillway.metadata.snapshot.copy.age", Age, "s", "Age of the newest copy of the state in the object store.");
        _meter.CreateObservableGauge("spillway.metadata.snapshot.copy.bytes", Bytes, "By", "Bytes of the copies of the state in the object store.");
    }

    public void DeadlinesExpired() => _leasesExpired.Add(1);

    /// <summary>What a round of the leader found worth a log compaction.</summary>
    public void CompactionsFound(int logs, double worstRatio) => _dirty = (logs, worstRatio);

    public void RecordsExpired(long count)
    {
        if (count > 0)
        {
            _recordsExpired.Add(count);
        }
    }

    public void GroupGenerationBegan() => _groupGenerations.Add(1);

    public void TransactionsEnded(string cause, int count)
    {
        if (count > 0)
        {
            _transactionsEnded.Add(count, new TagList { { "cause", cause } });
        }
    }

    public void WatcherCame(string kind) => _watchers.Add(1, new TagList { { "stream", kind } });

    public void WatcherWent(string kind) => _watchers.Add(-1, new TagList { { "stream", kind } });

    private static List<Measurement<int>> JobsByKind(MetadataState state) =>
    [
        .. Enum.GetValues<JobKind>().Where(static kind => kind != JobKind.Unspecified).Select(kind => new Measurement<int>(
            state.Jobs.CountOf(kind), new KeyValuePair<string, object?>("kind", kind.ToString().ToLowerInvariant()))),
    ];

    private static List<Measurement<double>> ScrubAge(MetadataState state) => state.Scrubs.LastEndMs == 0
        ? []
        : [new Measurement<double>((state.Clock.NowMs - state.Scrubs.LastEndMs) / 1000.0)];

    private static void Observe(
        Meter meter, MetadataStateMachine machine, string name, string unit, string description, Func<MetadataState, long> value) =>
        meter.CreateObservableGauge(name, () => machine.Read(value), unit, description);
}
