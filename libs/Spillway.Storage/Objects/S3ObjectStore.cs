using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Spillway.Storage.Objects;

/// <summary>
/// Objects in a bucket of S3 or of a store that speaks its protocol. Thread-safe; owns its client. Retries and limits are
/// <see cref="S3Requests"/>': payloads can be read again, so each attempt sends the same bytes.
/// </summary>
public sealed partial class S3ObjectStore : IObjectStore, IDisposable
{
    /// <summary>The most keys that S3 takes in one deletion.</summary>
    private const int DeleteKeysMax = 1000;

    /// <summary>
    /// The checksum as user metadata: stores differ in which checksums they give back, and an upload in parts has none of the whole.
    /// </summary>
    private const string CrcMetadataName = "x-amz-meta-spillway-crc32c";

    private readonly AmazonS3Client _client;
    private readonly S3Requests _requests;
    private readonly RequestCause _cause;
    private readonly bool _isView;
    private readonly S3EncryptionOptions _encryption;
    private readonly string _bucket;
    private readonly string _keyPrefix;
    private readonly bool _isHttps;
    private readonly int _concurrentPartsMax;
    private readonly long _partBytes;

    /// <summary>Makes a client for the options' bucket; nothing is asked of the store yet.</summary>
    public S3ObjectStore(S3StoreOptions options, string keyPrefix = "", ObjectStoreMetrics? metrics = null)
        : this(options, keyPrefix, metrics, TimeProvider.System, new Random())
    {
    }

    internal S3ObjectStore(
        S3StoreOptions options, string keyPrefix, ObjectStoreMetrics? metrics, TimeProvider time, Random random)
    {
        ArgumentNullException.ThrowIfNull(options);
        _client = S3Client.Create(options);
        _requests = new S3Requests(options, metrics, time, random);
        _encryption = options.Encryption;
        _bucket = options.Bucket;
        _keyPrefix = string.IsNullOrEmpty(keyPrefix) ? "" : keyPrefix + "/";
        _isHttps = options.Endpoint is null || options.Endpoint.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        _concurrentPartsMax = options.ConcurrentPartsMax;
        _partBytes = options.PartBytes;
    }

    private S3ObjectStore(S3ObjectStore origin, RequestCause cause)
    {
        (_client, _requests, _encryption) = (origin._client, origin._requests, origin._encryption);
        (_bucket, _keyPrefix, _isHttps) = (origin._bucket, origin._keyPrefix, origin._isHttps);
        (_concurrentPartsMax, _partBytes) = (origin._concurrentPartsMax, origin._partBytes);
        (_cause, _isView) = (cause, true);
    }

    internal RequestWindow Reads => _requests.Reads;

    internal RequestWindow Writes => _requests.Writes;

    /// <inheritdoc/>
    public async Task PutAsync(string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfIllegal(key);
        ArgumentNullException.ThrowIfNull(payload);
        try
        {
            if (payload.LengthBytes > S3StoreOptions.WholeBytesMax(_partBytes))
            {
                await PutInPartsAsync(key, payload, mode, cancellationToken);
            }
            else
            {
                await PutWholeAsync(key, payload, mode, cancellationToken);
            }
        }
        catch (ObjectExistsException)
        {
            // An attempt whose answer was lost may have stored it: the bytes decide, not the answer.
            var found = await FindAsync(key, cancellationToken);
            if (found is null || found.SizeBytes != payload.LengthBytes || found.Crc32C != payload.Crc32C)
            {
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public Task ReadRangeAsync(string key, long position, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadRangeAsync(key, position, [destination], cancellationToken);

    /// <inheritdoc/>
    public async Task ReadRangeAsync(
        string key, long position, IReadOnlyList<Memory<byte>> destinations, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfIllegal(key);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentNullException.ThrowIfNull(destinations);
        var lengthBytes = destinations.Sum(static destination => (long)destination.Length);
        if (lengthBytes == 0)
        {
            return;
        }

        var range = new ByteRange(position, position + lengthBytes - 1);
        await RunAsync(ObjectRequestKind.Get, key, token => ReadAsync(key, range, destinations, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ObjectTail> ReadTailAsync(string key, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfIllegal(key);
        var range = new ByteRange($"bytes=-{destination.Length.ToString(CultureInfo.InvariantCulture)}");
        try
        {
            return await RunAsync(
                ObjectRequestKind.Get, key, token => ReadAsync(key, range, [destination], token, isTail: true), cancellationToken);
        }
        catch (ObjectCorruptException) when (destination.Length > 0)
        {
            // An empty object has no last bytes to give.
            return new ObjectTail(0, 0);
        }
    }

    /// <inheritdoc/>
    public async Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfIllegal(key);
        try
        {
            var head = await RunAsync(
                ObjectRequestKind.Head,
                key,
                async token =>
                {
                    var request = new GetObjectMetadataRequest { BucketName = _bucket, Key = _keyPrefix + key };
                    return (await _client.GetObjectMetadataAsync(request, token), 0L, 0L);
                },
                cancellationToken);
            return new StoredObject(key, head.ContentLength, ToOffset(head.LastModified), ReadCrc(head.Metadata[CrcMetadataName]));
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(
        string prefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        string? next = null;
        do
        {
            var request = new ListObjectsV2Request
            {
                BucketName = _bucket,
                Prefix = _keyPrefix + prefix,
                ContinuationToken = next,
            };
            var page = await RunAsync(
                ObjectRequestKind.List,
                prefix,
                async token => (await _client.ListObjectsV2Async(request, token), 0L, 0L),
                cancellationToken);

            // The SDK gives null, not an empty list, where nothing matches.
            foreach (var found in page.S3Objects ?? [])
            {
                yield return new StoredObject(
                    found.Key[_keyPrefix.Length..], found.Size ?? 0, ToOffset(found.LastModified), Crc32C: null);
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    /// <inheritdoc/>
    public async Task<DeleteObjectsResult> DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (var key in keys)
        {
            ObjectKey.ThrowIfIllegal(key);
        }

        List<string> deleted = [];
        List<FailedDeletion> failed = [];
        foreach (var some in keys.Chunk(DeleteKeysMax))
        {
            await DeleteSomeAsync(some, deleted, failed, cancellationToken);
        }

        return new DeleteObjectsResult(deleted, failed);
    }

    /// <inheritdoc/>
    public IObjectStore For(RequestCause cause) => new S3ObjectStore(this, cause);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isView)
        {
            _client.Dispose();
        }
    }

    private Task<PutObjectResponse> PutWholeAsync(
        string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken) => RunAsync(
        ObjectRequestKind.Put,
        key,
        async token =>
        {
            await using var body = payload.OpenRead();
            var request = new PutObjectRequest
            {
                BucketName = _bucket,
                Key = _keyPrefix + key,
                InputStream = body,
                AutoCloseStream = false,
                UseChunkEncoding = false,
                DisablePayloadSigning = _isHttps ? true : null,
                ChecksumCRC32C = ToBase64(payload.Crc32C),
                IfNoneMatch = mode == PutMode.CreateNew ? "*" : null,
            };
            request.Metadata[CrcMetadataName] = WriteCrc(payload.Crc32C);
            request.Headers.ContentLength = payload.LengthBytes;
            S3Encryption.Apply(_encryption, request);
            return (await _client.PutObjectAsync(request, token), payload.LengthBytes, 0L);
        },
        cancellationToken,
        payload.LengthBytes);

    private async Task<(ObjectTail Tail, long SentBytes, long ReceivedBytes)> ReadAsync(
        string key, ByteRange range, IReadOnlyList<Memory<byte>> destinations, CancellationToken cancellationToken, bool isTail = false)
    {
        var request = new GetObjectRequest { BucketName = _bucket, Key = _keyPrefix + key, ByteRange = range };
        using var response = await _client.GetObjectAsync(request, cancellationToken);
        var (lengthBytes, wantedBytes) = (response.ContentLength, destinations.Sum(static destination => (long)destination.Length));
        if (lengthBytes > wantedBytes || (!isTail && lengthBytes < wantedBytes))
        {
            throw new ObjectCorruptException(
                key, $"Object '{key}' gave {lengthBytes} bytes for a range of {wantedBytes}: it ends before the range does.");
        }

        var leftBytes = lengthBytes;
        foreach (var destination in destinations)
        {
            var piece = destination[..(int)Math.Min(destination.Length, leftBytes)];
            await response.ResponseStream.ReadExactlyAsync(piece, cancellationToken);
            leftBytes -= piece.Length;
        }

        return (new ObjectTail((int)lengthBytes, ReadObjectSize(response, lengthBytes)), 0, lengthBytes);
    }

    private async Task DeleteSomeAsync(
        string[] keys, List<string> deleted, List<FailedDeletion> failed, CancellationToken cancellationToken)
    {
        var request = new DeleteObjectsRequest
        {
            BucketName = _bucket,
            Objects = [.. keys.Select(key => new KeyVersion { Key = _keyPrefix + key })],
        };
        Dictionary<string, string> reasons = new(StringComparer.Ordinal);
        try
        {
            await RunAsync(
                ObjectRequestKind.Delete,
                keys[0],
                async token => (await _client.DeleteObjectsAsync(request, token), 0L, 0L),
                cancellationToken);
        }
        catch (ObjectStoreUnavailableException e) when (e.InnerException is DeleteObjectsException partial)
        {
            foreach (var error in partial.Response.DeleteErrors ?? [])
            {
                reasons[error.Key[_keyPrefix.Length..]] = $"{error.Code}: {error.Message}";
            }
        }

        foreach (var key in keys)
        {
            if (reasons.TryGetValue(key, out var reason))
            {
                failed.Add(new FailedDeletion(key, reason));
            }
            else
            {
                deleted.Add(key);
            }
        }
    }

    private Task<T> RunAsync<T>(
        ObjectRequestKind kind,
        string key,
        Func<CancellationToken, Task<(T Result, long SentBytes, long ReceivedBytes)>> attempt,
        CancellationToken cancellationToken,
        long bodyBytes = 0) => _requests.RunAsync(kind, _cause, key, bodyBytes, attempt, cancellationToken);

    private static long ReadObjectSize(GetObjectResponse response, long lengthBytes)
    {
        // Content-Range: bytes 100-199/200
        var contentRange = response.ContentRange;
        var slash = contentRange?.LastIndexOf('/') ?? -1;
        return slash >= 0 && long.TryParse(contentRange.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : response.HttpStatusCode == HttpStatusCode.OK ? lengthBytes : throw new AmazonClientException("No Content-Range.");
    }

    private static DateTimeOffset ToOffset(DateTime? time) =>
        time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.UnixEpoch;

    private static string ToBase64(uint crc)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, crc);
        return Convert.ToBase64String(bytes);
    }

    private static string WriteCrc(uint crc) => crc.ToString("x8", CultureInfo.InvariantCulture);

    private static uint? ReadCrc(string? text) =>
        uint.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var crc) ? crc : null;
}
