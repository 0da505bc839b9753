using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>Metadata's own state behind the contract; every command goes through its bytes, as it does in the log.</summary>
internal sealed class WorldJobService(Func<MetadataState> state, Func<long> nowMs, Func<IEnumerable<LogToClean>> logsToClean) : IJobService
{
    public const long LeaseMs = 10_000;

    private ulong _index;

    /// <summary>Jobs of log compaction that were given out.</summary>
    public List<Job> Compactions { get; } = [];

    /// <summary>When the oldest kept copy of the state was taken; null: there are no copies.</summary>
    public long? OldestCopyMs { get; set; }

    public Task<AcquireJobReply> AcquireJobAsync(AcquireJobRequest request, CancellationToken cancellationToken)
    {
        var command = new AcquireJob { Request = request, LeaseMs = LeaseMs, ReadGraceMs = 0, DeleteCountMax = 100 };
        command.LogsToClean.AddRange(logsToClean());
        if (OldestCopyMs is { } oldestMs)
        {
            command.ObjectsUnreferencedBeforeMs = oldestMs;
        }

        var reply = Apply<AcquireJobReply>(new Command { AcquireJob = command });
        if (reply.Job is { Kind: JobKind.Compact } job)
        {
            Compactions.Add(job);
        }

        return Task.FromResult(reply);
    }

    public Task<RenewJobReply> RenewJobAsync(RenewJobRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(Apply<RenewJobReply>(new Command { RenewJob = new RenewJob { Request = request, LeaseMs = LeaseMs } }));

    public Task<CompleteJobReply> CompleteJobAsync(CompleteJobRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(Apply<CompleteJobReply>(new Command { CompleteJob = new CompleteJob { Request = request, RetryAfterMs = 10 } }));

    public Task<PrepareObjectReply> PrepareObjectAsync(PrepareObjectRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(Apply<PrepareObjectReply>(new Command { PrepareObject = request }));

    public Task<CommitObjectReply> CommitObjectAsync(CommitObjectRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(Apply<CommitObjectReply>(new Command { CommitObject = request }));

    public Task<ListJobsReply> ListJobsAsync(ListJobsRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Compactors do not ask for that.");

    public T Apply<T>(Command command)
    {
        command.TimeMs = nowMs();
        var result = (T)state().Apply(++_index, Command.Parser.ParseFrom(command.ToByteArray()));
        state().Changes.Clear();
        return result;
    }
}
