using System.Collections.Concurrent;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;

namespace Spillway.Rpc.Tests.Append;

/// <summary>
/// A writer that keeps what it is given: each batch gets the next offset of its log. While the gate is closed nothing completes.
/// </summary>
internal sealed class RecordingAppendService : IWalAppendService
{
    private readonly ConcurrentDictionary<long, long> _nextOffsets = new();
    private TaskCompletionSource _gate = Opened();

    public ConcurrentQueue<(long LogId, byte[] Batch, string? TransactionalId, int Version)> Appended { get; } = new();

    public ConcurrentQueue<string> ClientNames { get; } = new();

    public int Closed => _closed;

    private int _closed;

    /// <summary>What happens instead of an append.</summary>
    public Func<Rpc.Append.AppendRequest, AppendResult?>? Intercept { get; set; }

    /// <summary>Whether and when there is room for a request.</summary>
    public Func<int, ValueTask<bool>>? Reserve { get; set; }

    /// <summary>Streams are broken from the start.</summary>
    public bool TakesNone { get; set; }

    public void CloseGate() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OpenGate() => _gate.TrySetResult();

    public IAppendStream OpenStream(string clientName)
    {
        ClientNames.Enqueue(clientName);
        return new Stream(this);
    }

    private static TaskCompletionSource Opened()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private sealed class Stream(RecordingAppendService service) : IAppendStream
    {
        // Appends of a stream take effect in order, also when the gate lets many go at once.
        private Task _last = Task.CompletedTask;

        public bool IsBroken => service.TakesNone;

        public ValueTask<bool> ReserveAsync(int lengthBytes, CancellationToken cancellationToken) =>
            service.Reserve?.Invoke(lengthBytes) ?? ValueTask.FromResult(true);

        public void Append(Rpc.Append.AppendRequest request, IAppendObserver observer)
        {
            if (service.Intercept?.Invoke(request) is { } result)
            {
                Tell(observer, result);
                return;
            }
            request.Owner.AddRef();
            var batches = request.Batches.ToArray();
            _last = FlushAsync(
                _last, request.Owner, batches, (request.TransactionalId, request.TransactionVersion), observer);
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Increment(ref service._closed);
            return ValueTask.CompletedTask;
        }

        private static void Tell(IAppendObserver observer, AppendResult result)
        {
            observer.OnAppended(result.Error, result.Batches.ToArray());
            observer.OnSettled();
        }

        // Copies only after the wait: bytes that were reused in between would show.
        private async Task FlushAsync(
            Task previous,
            SharedBuffer owner,
            BatchToAppend[] batches,
            (string? Id, int Version) transaction,
            IAppendObserver observer)
        {
            await previous;
            await service._gate.Task;
            var results = new List<BatchAppendResult>();
            foreach (var batch in batches)
            {
                var next = service._nextOffsets.AddOrUpdate(batch.LogId.Value, 1, (_, offset) => offset + 1);
                service.Appended.Enqueue((batch.LogId.Value, batch.Batch.ToArray(), transaction.Id, transaction.Version));
                results.Add(new(ErrorCode.None, next - 1, 0, null));
            }
            owner.Release();
            Tell(observer, AppendResult.Of(results));
        }
    }
}
