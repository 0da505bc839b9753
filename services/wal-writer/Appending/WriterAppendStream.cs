using Spillway.Kafka.Records;
using Spillway.Rpc.Append;
using Spillway.Rpc.Commit;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Appending;

/// <summary>A stream of appends to one writer epoch, in process. The order of calls is the order in the WAL. Thread-safe.</summary>
internal sealed class WriterAppendStream : IAppendStream
{
    private readonly WriterEnvironment _environment;

    // Null where no epoch was at work when the stream was opened.
    private readonly BudgetShare? _share;

    public WriterAppendStream(WriterSession? session, WriterEnvironment environment)
    {
        _environment = environment;
        _share = session is null
            ? null
            : new BudgetShare(environment.Budget, session.Pipeline, session.Pipeline.StreamGeneration);
    }

    public bool IsBroken => _share is null or { IsBroken: true };

    public async ValueTask<bool> ReserveAsync(int lengthBytes, CancellationToken cancellationToken)
    {
        if (_share is null)
        {
            return false;
        }

        var reservation = _environment.Budget.ReserveAsync(_share, lengthBytes);
        return reservation.IsCompleted ? await reservation : await reservation.AsTask().WaitAsync(cancellationToken);
    }

    public void Append(AppendRequest request, IAppendObserver observer)
    {
        if (_share is null)
        {
            End(observer, ErrorCode.NotLeaderOrFollower);
        }
        else if (request.Batches.Count == 0)
        {
            _environment.Budget.Unreserve(_share, request.ReservedBytes);
            End(observer, ErrorCode.None);
        }
        else if (_share.Rent() is var append && !TryReadBatches(request, append))
        {
            append.GiveUp();
            _environment.Budget.Unreserve(_share, request.ReservedBytes);
            End(observer, ErrorCode.InvalidRecord);
        }
        else
        {
            append.Begin(request, _environment.Time.GetTimestamp(), observer);
            _environment.Metrics.Appended(append.LengthBytes);
            _environment.Budget.Admit(_share, append, isReserved: request.ReservedBytes > 0);
        }
    }

    /// <summary>Gives back what was reserved and not used; what was appended goes on.</summary>
    public ValueTask DisposeAsync()
    {
        if (_share is not null)
        {
            _environment.Budget.Close(_share);
        }

        return ValueTask.CompletedTask;
    }

    private static void End(IAppendObserver observer, ErrorCode error)
    {
        observer.OnAppended(error, []);
        observer.OnSettled();
    }

    // The frontend has validated the batches; what is checked here is only what blocks and commits rest on.
    private static bool TryReadBatches(AppendRequest request, PendingAppend append)
    {
        var batches = append.Reserve(request.Batches.Count);
        for (var i = 0; i < batches.Length; i++)
        {
            var batch = request.Batches[i];
            if (!RecordBatchHeader.TryRead(batch.Batch.Span, out var header)
                || header.TotalLength != batch.Batch.Length
                || header.Magic != RecordBatchLayout.CurrentMagic
                || header.RecordCount <= 0
                || batch.LogId.Value <= 0)
            {
                return false;
            }

            batches[i] = new AppendBatch(batch.Batch, CreateCommit(batch, header, request));
        }

        return true;
    }

    private static BatchToCommit CreateCommit(in BatchToAppend batch, in RecordBatchHeader header, AppendRequest request) => new()
    {
        LogId = batch.LogId.Value,
        Length = batch.Batch.Length,
        RecordCount = header.RecordCount,
        MaxTimestamp = header.MaxTimestamp,
        ProducerId = header.ProducerId,
        ProducerEpoch = header.ProducerEpoch,
        BaseSequence = header.BaseSequence,
        Transactional = header.IsTransactional,
        TransactionalId = header.IsTransactional ? request.TransactionalId : null,
        TransactionVersion = header.IsTransactional ? request.TransactionVersion : 0,
    };
}
