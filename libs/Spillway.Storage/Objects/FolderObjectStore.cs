using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Spillway.Storage.Wal;

namespace Spillway.Storage.Objects;

/// <summary>
/// Objects as files of a folder: the embedded default. An object is written to a temporary file, flushed, renamed and its folder flushed, so
/// that a crash leaves all of it or nothing. Thread-safe; several processes may share the folder. File calls block threads of their own, which all
/// stores of the process share; those that read for a consumer do not wait for others.
/// </summary>
public sealed class FolderObjectStore : IObjectStore
{
    /// <summary>Where files are written before they get their name. No key can reach it: a name of a key never starts with a tilde.</summary>
    private const string TemporaryFolder = "~incoming";

    private const int CopyBytes = 1 << 20;

    // As many as a disk does side by side; what waits for them is bounded by whoever asks.
    private const int ThreadCount = 8;
    private const int QueuedMax = 1 << 16;

    private static readonly Lazy<BlockingIoPool> ReadThreads = new(static () => new("object-reads", ThreadCount, QueuedMax));
    private static readonly Lazy<BlockingIoPool> OtherThreads = new(static () => new("object-files", ThreadCount, QueuedMax));

    private readonly string _root;
    private readonly string _temporary;
    private readonly ObjectStoreMetrics? _metrics;
    private readonly RequestCause _cause;

    /// <summary>Takes a folder, which is created where it is missing.</summary>
    public FolderObjectStore(string folder, ObjectStoreMetrics? metrics = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _temporary = Path.Combine(_root, TemporaryFolder);
        _metrics = metrics;
    }

    private FolderObjectStore(FolderObjectStore origin, RequestCause cause)
    {
        (_root, _temporary, _metrics) = (origin._root, origin._temporary, origin._metrics);
        _cause = cause;
    }

    /// <inheritdoc/>
    public Task PutAsync(string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payload);
        var path = PathOf(key);
        return RunAsync(ObjectRequestKind.Put, key, () => Put(key, path, payload, mode), payload.LengthBytes, cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReadRangeAsync(string key, long position, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadRangeAsync(key, position, [destination], cancellationToken);

    /// <inheritdoc/>
    public Task ReadRangeAsync(
        string key, long position, IReadOnlyList<Memory<byte>> destinations, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destinations);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        var path = PathOf(key);
        return RunAsync(
            ObjectRequestKind.Get,
            key,
            () =>
            {
                using var file = File.OpenHandle(path);
                var next = position;
                foreach (var destination in destinations)
                {
                    ReadExactly(file, key, next, destination.Span);
                    next += destination.Length;
                }

                return true;
            },
            0,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectTail> ReadTailAsync(string key, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        return RunAsync(
            ObjectRequestKind.Get,
            key,
            () =>
            {
                using var file = File.OpenHandle(path);
                var sizeBytes = RandomAccess.GetLength(file);
                var lengthBytes = (int)Math.Min(destination.Length, sizeBytes);
                ReadExactly(file, key, sizeBytes - lengthBytes, destination.Span[..lengthBytes]);
                return new ObjectTail(lengthBytes, sizeBytes);
            },
            0,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        return RunAsync(
            ObjectRequestKind.Head,
            key,
            () => new FileInfo(path) is { Exists: true } file ? Describe(key, file) : null,
            0,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(
        string prefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var found = await RunAsync(ObjectRequestKind.List, prefix, () => List(prefix), 0, cancellationToken);
        foreach (var listed in found)
        {
            yield return listed;
        }
    }

    /// <inheritdoc/>
    public Task<DeleteObjectsResult> DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var paths = keys.Select(PathOf).ToArray();
        return RunAsync(
            ObjectRequestKind.Delete, keys.Count > 0 ? keys[0] : "", () => Delete(keys, paths), 0, cancellationToken);
    }

    /// <inheritdoc/>
    public IObjectStore For(RequestCause cause) => new FolderObjectStore(this, cause);

    private bool Put(string key, string path, ObjectPayload payload, PutMode mode)
    {
        var folder = Path.GetDirectoryName(path)!;
        DurableFolder.Create(_temporary);
        DurableFolder.Create(folder);
        var temporary = Path.Combine(_temporary, Guid.NewGuid().ToString("n"));
        try
        {
            Write(temporary, payload);
            if (mode == PutMode.Replace)
            {
                File.Move(temporary, path, overwrite: true);
            }
            else if (!DurableFolder.TryLink(temporary, path) && !HasBytesOf(path, payload))
            {
                throw new ObjectExistsException(key, $"Object '{key}' exists with other bytes.");
            }

            DurableFolder.Flush(folder);
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Write(string temporary, ObjectPayload payload)
    {
        using var file = File.OpenHandle(
            temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.None, payload.LengthBytes);
        long position = 0;
        var crc = 0u;
        foreach (var piece in payload.Bytes)
        {
            RandomAccess.Write(file, piece.Span, position);
            crc = Kafka.Records.Crc32C.Append(crc, piece.Span);
            position += piece.Length;
        }

        // What was written is what was meant: memory that changed under way would otherwise be found by a reader much later.
        if (crc != payload.Crc32C || RandomAccess.GetLength(file) != payload.LengthBytes)
        {
            throw new InvalidOperationException("The payload changed while it was stored.");
        }

        RandomAccess.FlushToDisk(file);
    }

    private static bool HasBytesOf(string path, ObjectPayload payload)
    {
        using var file = File.OpenHandle(path);
        if (RandomAccess.GetLength(file) != payload.LengthBytes)
        {
            return false;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        var crc = 0u;
        long position = 0;
        while (RandomAccess.Read(file, buffer, position) is > 0 and var read)
        {
            crc = Kafka.Records.Crc32C.Append(crc, buffer.AsSpan(0, read));
            position += read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return crc == payload.Crc32C;
    }

    private static void ReadExactly(
        Microsoft.Win32.SafeHandles.SafeFileHandle file, string key, long position, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(file, destination, position);
            if (read == 0)
            {
                throw new ObjectCorruptException(key, $"Object '{key}' ends {destination.Length} bytes before the range that was read.");
            }

            destination = destination[read..];
            position += read;
        }
    }

    private List<StoredObject> List(string prefix)
    {
        // Only the folder that the whole names of the prefix lead to can hold matches.
        var lastSlash = prefix.LastIndexOf('/');
        var start = lastSlash < 0 ? _root : PathOf(prefix[..lastSlash]);
        List<StoredObject> found = [];
        if (!Directory.Exists(start))
        {
            return found;
        }

        foreach (var file in new DirectoryInfo(start).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            var key = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (key.StartsWith(prefix, StringComparison.Ordinal) && ObjectKey.IsLegal(key))
            {
                found.Add(Describe(key, file));
            }
        }

        return found;
    }

    private static StoredObject Describe(string key, FileInfo file) => new(key, file.Length, file.LastWriteTimeUtc, Crc32C: null);

    private static DeleteObjectsResult Delete(IReadOnlyList<string> keys, string[] paths)
    {
        List<string> deleted = [];
        List<FailedDeletion> failed = [];
        HashSet<string> folders = [];
        for (var i = 0; i < paths.Length; i++)
        {
            try
            {
                File.Delete(paths[i]);
                folders.Add(Path.GetDirectoryName(paths[i])!);
                deleted.Add(keys[i]);
            }
            catch (DirectoryNotFoundException)
            {
                deleted.Add(keys[i]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failed.Add(new FailedDeletion(keys[i], e.Message));
            }
        }

        foreach (var folder in folders)
        {
            DurableFolder.Flush(folder);
        }

        return new DeleteObjectsResult(deleted, failed);
    }

    private string PathOf(string key)
    {
        ObjectKey.ThrowIfIllegal(key);
        return Path.Combine(_root, key.Replace('/', Path.DirectorySeparatorChar));
    }

    private async Task<T> RunAsync<T>(
        ObjectRequestKind kind, string key, Func<T> call, long sentBytes, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var isForConsumer = _cause is RequestCause.Fetch or RequestCause.Index or RequestCause.Hedge;
            var threads = isForConsumer ? ReadThreads.Value : OtherThreads.Value;
            var result = await threads.RunAsync(static run => run(), call, cancellationToken);
            _metrics?.RequestSucceeded(kind, _cause, started, sentBytes);
            return result;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            _metrics?.RequestFailed(kind, _cause, started, "not_found");
            throw new ObjectNotFoundException(key, $"There is no object '{key}'.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            _metrics?.RequestFailed(kind, _cause, started, "refused");
            throw new ObjectStoreRefusedException(key, $"The folder refused access to '{key}': {e.Message}", e);
        }
        catch (IOException e)
        {
            _metrics?.RequestFailed(kind, _cause, started, "unavailable");
            throw new ObjectStoreUnavailableException(key, $"The folder failed for '{key}': {e.Message}", e);
        }
    }
}
