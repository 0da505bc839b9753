using Spillway.Storage.Objects;
using Spillway.Testing.Objects;

namespace Spillway.Storage.Tests.Caching;

/// <summary>
/// A store whose reads for consumers are held until the test lets them go, and then write into their memory whatever has become of it: as a
/// kernel does that does not know of our cancellation. Second reads answer at once.
/// </summary>
internal sealed class LateObjectStore(InMemoryObjectStore memory, RequestCause cause = RequestCause.Other, LateObjectStore? origin = null)
    : IObjectStore
{
    private readonly LateObjectStore? _origin = origin;
    private int _heldCount;
    private int _writtenCount;

    public TaskCompletionSource? Hold { get; set; }

    public int HeldCount => Volatile.Read(ref _heldCount);

    public int WrittenCount => Volatile.Read(ref _writtenCount);

    public IObjectStore For(RequestCause other) => new LateObjectStore(memory, other, _origin ?? this);

    public Task ReadRangeAsync(string key, long position, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadRangeAsync(key, position, [destination], cancellationToken);

    public async Task ReadRangeAsync(
        string key, long position, IReadOnlyList<Memory<byte>> destinations, CancellationToken cancellationToken)
    {
        var root = _origin ?? this;
        if (cause == RequestCause.Fetch && root.Hold is { } hold)
        {
            Interlocked.Increment(ref root._heldCount);
            await hold.Task;
            await memory.ReadRangeAsync(key, position, destinations, CancellationToken.None);
            Interlocked.Increment(ref root._writtenCount);
            return;
        }

        await memory.ReadRangeAsync(key, position, destinations, cancellationToken);
    }

    public Task<ObjectTail> ReadTailAsync(string key, Memory<byte> destination, CancellationToken cancellationToken) =>
        memory.ReadTailAsync(key, destination, cancellationToken);

    public Task PutAsync(string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken) =>
        memory.PutAsync(key, payload, mode, cancellationToken);

    public Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken) => memory.FindAsync(key, cancellationToken);

    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken) =>
        memory.ListAsync(prefix, cancellationToken);

    public Task<DeleteObjectsResult> DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        memory.DeleteAsync(keys, cancellationToken);
}
