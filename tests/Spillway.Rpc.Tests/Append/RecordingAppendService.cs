using System.Collections.Concurrent;
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

        public bool IsBroken => false;

        public ValueTask<AppendResult> AppendAsync(Rpc.Append.AppendRequest request, CancellationToken cancellationToken)
        {
            if (service.Intercept?.Invoke(request) is { } result)
            {
                return ValueTask.FromResult(result);
            }
            request.Owner.AddRef();
            var flushed = FlushAsync(_last, request);
            _last = flushed;
            return new ValueTask<AppendResult>(flushed);
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Increment(ref service._closed);
            return ValueTask.CompletedTask;
        }

        // Copies only after the wait: bytes that were reused in between would show.
        private async Task<AppendResult> FlushAsync(Task previous, Rpc.Append.AppendRequest request)
        {
            await previous;
            await service._gate.Task;
            var results = new List<BatchAppendResult>();
            foreach (var batch in request.Batches)
            {
                var next = service._nextOffsets.AddOrUpdate(batch.LogId.Value, 1, (_, offset) => offset + 1);
                service.Appended.Enqueue(
                    (batch.LogId.Value, batch.Batch.ToArray(), request.TransactionalId, request.TransactionVersion));
                results.Add(new(ErrorCode.None, next - 1, 0, null));
            }
            request.Owner.Release();
            return AppendResult.Of(results);
        }
    }
}
