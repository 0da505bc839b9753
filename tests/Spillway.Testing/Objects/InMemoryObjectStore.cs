using System.Buffers;
using System.Runtime.CompilerServices;
using Spillway.Storage.Objects;

namespace Spillway.Testing.Objects;

/// <summary>An object store in memory: the rules of the contract, at once, with requests counted. Thread-safe.</summary>
public sealed class InMemoryObjectStore(TimeProvider? time = null) : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (byte[] Bytes, DateTimeOffset Stored)> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectRequestKind, int> _requests = [];
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>The keys there are.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_lock)
            {
                return [.. _objects.Keys];
            }
        }
    }

    /// <summary>How often something was asked for.</summary>
    public int CountRequests(ObjectRequestKind kind)
    {
        lock (_lock)
        {
            return _requests.GetValueOrDefault(kind);
        }
    }

    /// <summary>The bytes of an object.</summary>
    public byte[] Get(string key)
    {
        lock (_lock)
        {
            return (byte[])_objects[key].Bytes.Clone();
        }
    }

    /// <summary>Puts bytes where an object is, as damage would.</summary>
    public void Set(string key, byte[] bytes)
    {
        lock (_lock)
        {
            _objects[key] = (bytes, _time.GetUtcNow());
        }
    }

    public Task PutAsync(string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfIllegal(key);
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = payload.Bytes.ToArray();
        lock (_lock)
        {
            Count(ObjectRequestKind.Put);
            if (mode == PutMode.CreateNew && _objects.TryGetValue(key, out var present)
                && !present.Bytes.AsSpan().SequenceEqual(bytes))
            {
                throw new ObjectExistsException(key, $"Object '{key}' exists with other bytes.");
            }

            _objects[key] = (bytes, _time.GetUtcNow());
        }

        return Task.CompletedTask;
    }

    public Task ReadRangeAsync(string key, long position, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadRangeAsync(key, position, [destination], cancellationToken);

    public Task ReadRangeAsync(
        string key, long position, IReadOnlyList<Memory<byte>> destinations, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        var bytes = Find(ObjectRequestKind.Get, key, cancellationToken)
            ?? throw new ObjectNotFoundException(key, $"There is no object '{key}'.");
        foreach (var destination in destinations)
        {
            if (position + destination.Length > bytes.Bytes.Length)
            {
                throw new ObjectCorruptException(key, $"Object '{key}' ends before the range that was read.");
            }

            bytes.Bytes.AsSpan((int)position, destination.Length).CopyTo(destination.Span);
            position += destination.Length;
        }

        return Task.CompletedTask;
    }

    public Task<ObjectTail> ReadTailAsync(string key, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var (bytes, _) = Find(ObjectRequestKind.Get, key, cancellationToken)
            ?? throw new ObjectNotFoundException(key, $"There is no object '{key}'.");
        var length = Math.Min(destination.Length, bytes.Length);
        bytes.AsSpan(bytes.Length - length).CopyTo(destination.Span);
        return Task.FromResult(new ObjectTail(length, bytes.Length));
    }

    public Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken) =>
        Task.FromResult(Find(ObjectRequestKind.Head, key, cancellationToken) is var (bytes, stored)
            ? new StoredObject(key, bytes.Length, stored, Kafka.Records.Crc32C.Compute(bytes))
            : null);

    public async IAsyncEnumerable<StoredObject> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        List<StoredObject> found = [];
        lock (_lock)
        {
            Count(ObjectRequestKind.List);
            found.AddRange(_objects
                .Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(o => new StoredObject(o.Key, o.Value.Bytes.Length, o.Value.Stored, null)));
        }

        foreach (var listed in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return listed;
        }
    }

    public Task<DeleteObjectsResult> DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            Count(ObjectRequestKind.Delete);
            foreach (var key in keys)
            {
                ObjectKey.ThrowIfIllegal(key);
                _objects.Remove(key);
            }
        }

        return Task.FromResult(new DeleteObjectsResult([.. keys], []));
    }

    private (byte[] Bytes, DateTimeOffset Stored)? Find(ObjectRequestKind kind, string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfIllegal(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            Count(kind);
            return _objects.TryGetValue(key, out var found) ? found : null;
        }
    }

    private void Count(ObjectRequestKind kind) => _requests[kind] = _requests.GetValueOrDefault(kind) + 1;
}
