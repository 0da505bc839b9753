namespace Spillway.Storage.Objects;

/// <summary>
/// Where objects live: S3 or anything that speaks it, a folder, memory in tests. Thread-safe.
/// Failures are <see cref="ObjectStoreException"/>s, one type for each thing a caller may do about them.
/// Keys are <c>/</c>-separated names as <see cref="ObjectKey"/> allows them.
/// </summary>
public interface IObjectStore
{
    /// <summary>
    /// Stores the payload whole or not at all; when this returns, the bytes are durable and have the payload's length and checksum.
    /// A repeated call with the same key and payload succeeds in either mode, so that an unknown outcome is settled by trying again.
    /// </summary>
    /// <exception cref="ObjectExistsException">Another object has the key already, and the mode is <see cref="PutMode.CreateNew"/>.</exception>
    Task PutAsync(string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken);

    /// <summary>Fills <paramref name="destination"/> from a position on.</summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    /// <exception cref="ObjectCorruptException">The object ends before the range does.</exception>
    Task ReadRangeAsync(string key, long position, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Fills several destinations, one after the other, from a position on: where the store can, by one request.</summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    /// <exception cref="ObjectCorruptException">The object ends before the range does.</exception>
    async Task ReadRangeAsync(
        string key, long position, IReadOnlyList<Memory<byte>> destinations, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destinations);
        foreach (var destination in destinations)
        {
            await ReadRangeAsync(key, position, destination, cancellationToken);
            position += destination.Length;
        }
    }

    /// <summary>
    /// Reads the last bytes of an object into the start of <paramref name="destination"/>, as many as it holds or as there are, and tells
    /// the object's size: a footer is found in one request.
    /// </summary>
    /// <exception cref="ObjectNotFoundException">There is no such object.</exception>
    Task<ObjectTail> ReadTailAsync(string key, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>What is known of an object without reading it; null when there is none.</summary>
    Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken);

    /// <summary>All objects whose key starts with the prefix, in no particular order, page by page.</summary>
    IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes in bounded requests. What was not there counts as deleted. A key that failed is reported, not thrown, so that the caller
    /// forgets only what is certainly gone.
    /// </summary>
    Task<DeleteObjectsResult> DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>
    /// This store with its requests counted under a cause: the same objects, connections and limits. A view is not disposed. Stores that
    /// count nothing give themselves.
    /// </summary>
    IObjectStore For(RequestCause cause) => this;
}
