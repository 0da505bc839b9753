using Spillway.Metadata.Copies;
using Spillway.Metadata.Log;
using Spillway.Metadata.LogCompaction;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Jobs;

/// <summary>Answers compactors. An idle compactor's question costs no log entry.</summary>
internal sealed class JobService(MetadataNode node, MetadataOptions options, KeptCopies copies, DirtyLogs dirty) : IJobService
{
    private static readonly TimeSpan PrepareTtlMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PrepareTtlMax = TimeSpan.FromHours(1);

    private readonly JobSettings _settings = options.ToJobSettings();

    public async Task<AcquireJobReply> AcquireJobAsync(AcquireJobRequest request, CancellationToken cancellationToken)
    {
        var command = _settings.ToCommand(request);
        command.LogsToClean.AddRange(dirty.Worst);
        if (copies.ObjectsUnreferencedBeforeMs(node.Lead) is { } beforeMs)
        {
            command.ObjectsUnreferencedBeforeMs = beforeMs;
        }

        await node.BarrierAsync(cancellationToken);
        var (isCurrent, mayHaveJob) = node.Read(state => (
            state.Nodes.IsCurrent(NodeKind.Compactor, request.CompactorId, request.CompactorEpoch),
            state.Jobs.MayHaveJob(command, node.NowMs)));
        var reply = !isCurrent ? new AcquireJobReply { Fenced = true }
            : mayHaveJob ? await node.ProposeAsync<AcquireJobReply>(new Command { AcquireJob = command }, cancellationToken)
            : new AcquireJobReply();
        if (reply is { Job: null, Fenced: false })
        {
            reply.RetryAfterMs = (long)_settings.Retry.TotalMilliseconds;
        }

        return reply;
    }

    public Task<RenewJobReply> RenewJobAsync(RenewJobRequest request, CancellationToken cancellationToken) =>
        node.ProposeAsync<RenewJobReply>(
            new Command { RenewJob = new RenewJob { Request = request, LeaseMs = (long)_settings.Lease.TotalMilliseconds } },
            cancellationToken);

    public Task<CompleteJobReply> CompleteJobAsync(CompleteJobRequest request, CancellationToken cancellationToken) =>
        node.ProposeAsync<CompleteJobReply>(
            new Command
            {
                CompleteJob = new CompleteJob
                {
                    Request = request,
                    RetryAfterMs = (long)_settings.FailureBackoff.TotalMilliseconds,
                },
            },
            cancellationToken);

    public Task<PrepareObjectReply> PrepareObjectAsync(PrepareObjectRequest request, CancellationToken cancellationToken)
    {
        if (request.TtlMs < PrepareTtlMin.TotalMilliseconds || request.TtlMs > PrepareTtlMax.TotalMilliseconds)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "A PUT may take from a second to an hour.");
        }

        return node.ProposeAsync<PrepareObjectReply>(new Command { PrepareObject = request }, cancellationToken);
    }

    public Task<CommitObjectReply> CommitObjectAsync(CommitObjectRequest request, CancellationToken cancellationToken)
    {
        foreach (var range in request.Ranges)
        {
            if (range.LastOffset < range.BaseOffset || range.BaseOffset < 0 || range.Position < 0 || range.Length < 0)
            {
                throw new RpcException(RpcStatusCode.InvalidArgument, "A range has offsets and bytes.");
            }
        }

        return node.ProposeAsync<CommitObjectReply>(new Command { CommitObject = request }, cancellationToken);
    }

    public async Task<ListJobsReply> ListJobsAsync(ListJobsRequest request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return node.Read(state => state.Jobs.List(node.NowMs));
    }
}
