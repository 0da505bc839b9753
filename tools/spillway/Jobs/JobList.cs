using Spillway.Rpc.Metadata;
using Spillway.Tool.Clusters;
using Spillway.Tool.CommandLine;

namespace Spillway.Tool.Jobs;

/// <summary>Shows which compactor has which job in hand, and what waits for one.</summary>
internal sealed class JobList : IVerb
{
    public string Name => "jobs";

    public string Operands => "";

    public string Summary => "jobs that compactors have in hand, and what waits for one";

    public IReadOnlyList<VerbOption> Options { get; } = [Cluster.Metadata];

    public async Task<int> RunAsync(Arguments arguments, Printer printer, CancellationToken cancellationToken)
    {
        arguments.ThrowIfOperands();
        await using var cluster = Cluster.Open(arguments);
        var reply = await cluster.Jobs.ListJobsAsync(new ListJobsRequest(), cancellationToken);
        printer.Print(Describe(reply), Print);
        return ExitCode.Sound;
    }

    internal static JobsReport Describe(ListJobsReply reply) => new(
        [.. reply.Jobs.Select(job => new JobReport(
            job.JobId,
            job.Kind.ToString().ToLowerInvariant(),
            job.Holder,
            job.CompactorId,
            job.CompactorEpoch,
            job.LeaseLeftMs,
            job.FailureCount,
            [.. job.Containers.Select(c => c.Volume.Length > 0 ? $"{c.Volume}:{c.Path}" : c.Path)]))],
        reply.DrainableBytes,
        reply.DrainableSegments,
        reply.GarbageCount,
        reply.OldestGarbageMs,
        reply.LogsToMerge)
    {
        Scrub = reply.Scrub is { } scrub ? ScrubReport.Of(scrub) : null,
    };

    internal static void Print(JobsReport report, TextWriter output)
    {
        var columns = new Columns("job", "kind", "compactor", "lease left", "failures", "containers");
        foreach (var job in report.Jobs)
        {
            columns.Add(
                Words.Of(job.JobId),
                job.Kind,
                $"{job.Holder} ({Words.Of(job.CompactorId)}, epoch {Words.Of(job.CompactorEpoch)})",
                Words.Age(TimeSpan.FromMilliseconds(job.LeaseLeftMs)),
                Words.Of(job.FailureCount),
                job.Containers.Count > 3
                    ? $"{string.Join(' ', job.Containers.Take(3))} and {Words.Of(job.Containers.Count - 3)} more"
                    : string.Join(' ', job.Containers));
        }

        columns.WriteTo(output);
        output.WriteLine();
        output.WriteLine($"to drain   {Words.Bytes(report.DrainableBytes)} in {Words.Count(report.DrainableSegments, "segment")}");
        output.WriteLine($"to merge   {Words.Count(report.LogsToMerge, "partition")}");
        output.WriteLine(
            $"to delete  {Words.Count(report.GarbageCount, "container")}, the oldest waiting {Words.Age(TimeSpan.FromMilliseconds(report.OldestGarbageMs))}");
        report.Scrub?.Print(output);
    }
}
