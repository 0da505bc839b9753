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

    public void Append(AppendRequest request, IAppendObserver observer)
    {
        if (session is null)
        {
            End(observer, ErrorCode.NotLeaderOrFollower);
        }
        else if (!TryReadBatches(request, out var batches))
        {
            End(observer, ErrorCode.InvalidRecord);
        }
        else if (batches.Length == 0)
        {
            End(observer, ErrorCode.None);
        }
        else
        {
            request.Owner.AddRef();
            session.Append(new PendingAppend(batches, request.Owner, time.GetTimestamp(), observer), _generation);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void End(IAppendObserver observer, ErrorCode error)
    {
        observer.OnAppended(error, []);
        observer.OnSettled();
    }

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
