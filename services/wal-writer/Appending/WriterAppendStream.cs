using System.Diagnostics.CodeAnalysis;
using Spillway.Kafka.Records;
using Spillway.Rpc.Append;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Appending;

/// <summary>A stream of appends to one writer epoch, in process. The order of calls is the order in the WAL. Thread-safe.</summary>
internal sealed class WriterAppendStream(WriterSession? session, TimeProvider time) : IAppendStream
{
    private readonly int _generation = session?.Pipeline.StreamGeneration ?? -1;

    public bool IsBroken => session is null || _generation < 0 || session.Pipeline.StreamGeneration != _generation;

    public ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        if (session is null)
        {
            return new(AppendResult.Failed(ErrorCode.NotLeaderOrFollower));
        }

        if (!TryReadBatches(request, out var batches))
        {
            return new(AppendResult.Failed(ErrorCode.InvalidRecord));
        }

        if (batches.Length == 0)
        {
            return new(AppendResult.Of([]));
        }

        request.Owner.AddRef();
        var append = new PendingAppend(batches, request.Owner, time.GetTimestamp());
        session.Append(append, _generation);
        return new(cancellationToken.CanBeCanceled ? append.Completion.WaitAsync(cancellationToken) : append.Completion);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The frontend has validated the batches; what is checked here is only what blocks and commits rest on.
    private static bool TryReadBatches(AppendRequest request, [NotNullWhen(true)] out AppendBatch[]? batches)
    {
        batches = new AppendBatch[request.Batches.Count];
        for (var i = 0; i < batches.Length; i++)
        {
            var batch = request.Batches[i];
            if (!RecordBatchHeader.TryRead(batch.Batch.Span, out var header)
                || header.TotalLength != batch.Batch.Length
                || header.Magic != RecordBatchLayout.CurrentMagic
                || header.RecordCount <= 0
                || batch.LogId.Value <= 0)
            {
                batches = null;
                return false;
            }

            batches[i] = new AppendBatch(
                batch.LogId, batch.Batch, header, request.TransactionalId, request.TransactionVersion);
        }

        return true;
    }
}
