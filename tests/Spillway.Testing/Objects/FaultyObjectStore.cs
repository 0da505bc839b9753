using Spillway.Storage.Objects;

namespace Spillway.Testing.Objects;

/// <summary>
/// An object store whose requests fail as a test says: the next ones of a kind, one after the other, or at random from the test's seed.
/// Thread-safe.
/// </summary>
public sealed class FaultyObjectStore(IObjectStore inner) : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectRequestKind, Queue<ObjectFault>> _scripted = [];
    private Random? _random;
    private double _faultRate;

    /// <summary>Called before each request is passed on; a test may hold it here.</summary>
    public Func<ObjectRequestKind, string, Task>? BeforeRequest { get; set; }

    /// <summary>Decides by kind and key, before anything scripted; None leaves it to the script.</summary>
    public Func<ObjectRequestKind, string, ObjectFault>? Decide { get; set; }

    /// <summary>Lets the next request of a kind that has no fault yet fail in this way.</summary>
    public void FailNext(ObjectRequestKind kind, ObjectFault fault = ObjectFault.NotDone)
    {
        lock (_lock)
        {
            if (!_scripted.TryGetValue(kind, out var queue))
            {
                _scripted[kind] = queue = new Queue<ObjectFault>();
            }

            queue.Enqueue(fault);
        }
    }

    /// <summary>Lets a share of all requests fail, half of them after they were done. 0 ends it.</summary>
    public void FailAtRandom(Random random, double rate)
    {
        lock (_lock)
        {
            (_random, _faultRate) = (random, rate);
        }
    }

    public async Task PutAsync(string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken)
    {
        var fault = await RunAsync(
            ObjectRequestKind.Put,
            key,
            fault => inner.PutAsync(
                key, fault == ObjectFault.Truncated ? payload.Slice(0, payload.LengthBytes / 2) : payload, mode, cancellationToken));
        if (fault == ObjectFault.Truncated)
        {
            throw new ObjectStoreUnavailableException(key, $"Scripted: of '{key}' one half was stored.");
        }
    }

    public Task ReadRangeAsync(string key, long position, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadRangeAsync(key, position, [destination], cancellationToken);

    public async Task ReadRangeAsync(
        string key, long position, IReadOnlyList<Memory<byte>> destinations, CancellationToken cancellationToken)
    {
        var fault = await RunAsync(
            ObjectRequestKind.Get, key, () => inner.ReadRangeAsync(key, position, destinations, cancellationToken));
        if (fault == ObjectFault.Damaged)
        {
            destinations[0].Span[destinations[0].Length / 2] ^= 0x10;
        }
    }

    public async Task<ObjectTail> ReadTailAsync(string key, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ObjectTail tail = default;
        var fault = await RunAsync(
            ObjectRequestKind.Get, key, async () => tail = await inner.ReadTailAsync(key, destination, cancellationToken));
        if (fault == ObjectFault.Damaged)
        {
            destination.Span[tail.BytesRead - 1] ^= 0x10;
        }

        return tail;
    }

    public async Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken)
    {
        StoredObject? found = null;
        await RunAsync(ObjectRequestKind.Head, key, async () => found = await inner.FindAsync(key, cancellationToken));
        return found;
    }

    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, cancellationToken);

    public async Task<DeleteObjectsResult> DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        DeleteObjectsResult result = new([], []);
        var key = keys.Count > 0 ? keys[0] : "";
        var fault = Take(ObjectRequestKind.Delete, key);
        if (fault == ObjectFault.FirstKeyFails)
        {
            result = await inner.DeleteAsync([.. keys.Skip(1)], cancellationToken);
            return result with { Failed = [.. result.Failed, new FailedDeletion(key, "SlowDown: scripted")] };
        }

        await RunAsync(
            ObjectRequestKind.Delete, key, async () => result = await inner.DeleteAsync(keys, cancellationToken), fault);
        return result;
    }

    private Task<ObjectFault> RunAsync(ObjectRequestKind kind, string key, Func<Task> request, ObjectFault? decided = null) =>
        RunAsync(kind, key, _ => request(), decided);

    private async Task<ObjectFault> RunAsync(
        ObjectRequestKind kind, string key, Func<ObjectFault, Task> request, ObjectFault? decided = null)
    {
        var fault = decided ?? Take(kind, key);
        if (BeforeRequest is { } before)
        {
            await before(kind, key);
        }

        if (fault == ObjectFault.NotDone)
        {
            throw new ObjectStoreUnavailableException(key, $"Scripted: {kind} of '{key}' was not done.");
        }

        await request(fault);
        if (fault == ObjectFault.DoneButUnanswered)
        {
            throw new ObjectStoreUnavailableException(key, $"Scripted: {kind} of '{key}' was done, its answer lost.");
        }

        return fault;
    }

    private ObjectFault Take(ObjectRequestKind kind, string key)
    {
        if (Decide?.Invoke(kind, key) is { } byKey and not ObjectFault.None)
        {
            return byKey;
        }

        lock (_lock)
        {
            if (_scripted.TryGetValue(kind, out var queue) && queue.TryDequeue(out var scripted))
            {
                return scripted;
            }

            return _random is null || _random.NextDouble() >= _faultRate ? ObjectFault.None
                : _random.Next(2) == 0 ? ObjectFault.NotDone : ObjectFault.DoneButUnanswered;
        }
    }
}
