using Amazon.S3.Model;

namespace Spillway.Storage.Objects;

/// <summary>Uploads of large objects in parts: a lost connection costs one part, and several travel side by side.</summary>
public sealed partial class S3ObjectStore
{
    private async Task PutInPartsAsync(string key, ObjectPayload payload, PutMode mode, CancellationToken cancellationToken)
    {
        if (mode == PutMode.CreateNew && await FindAsync(key, cancellationToken) is not null)
        {
            // Before megabytes travel. The completion is conditional too, so a race has one winner where the store honours that.
            throw new ObjectExistsException(key, $"Object '{key}' exists.");
        }

        var uploadId = await BeginUploadAsync(key, payload, cancellationToken);
        try
        {
            var parts = await UploadPartsAsync(key, uploadId, payload, cancellationToken);
            await CompleteUploadAsync(key, uploadId, parts, mode, cancellationToken);
        }
        catch (ObjectStoreUnavailableException e) when (S3Failures.IsUploadGone(e))
        {
            // Ended by an attempt whose answer was lost, or by somebody's lifecycle rule: the bytes decide.
            if (await FindAsync(key, cancellationToken) is { } stored && stored.Crc32C == payload.Crc32C
                && stored.SizeBytes == payload.LengthBytes)
            {
                return;
            }

            throw;
        }
        catch (Exception)
        {
            await TryAbortUploadAsync(key, uploadId);
            throw;
        }

        // An upload in parts has no checksum of the whole that every store would check; its parts were checked, and now its length is.
        var found = await FindAsync(key, cancellationToken);
        if (found?.SizeBytes != payload.LengthBytes)
        {
            throw new ObjectStoreUnavailableException(key, $"Object '{key}' was stored with {found?.SizeBytes} of {payload.LengthBytes} bytes.");
        }
    }

    private Task<string> BeginUploadAsync(string key, ObjectPayload payload, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = _bucket, Key = _keyPrefix + key };
        request.Metadata[CrcMetadataName] = WriteCrc(payload.Crc32C);
        S3Encryption.Apply(_encryption, request);
        return RunAsync(
            ObjectRequestKind.Multipart,
            key,
            async token => ((await _client.InitiateMultipartUploadAsync(request, token)).UploadId, 0L, 0L),
            cancellationToken);
    }

    private async Task<PartETag[]> UploadPartsAsync(
        string key, string uploadId, ObjectPayload payload, CancellationToken cancellationToken)
    {
        var parts = new PartETag[(int)((payload.LengthBytes + _partBytes - 1) / _partBytes)];
        var options = new ParallelOptions { MaxDegreeOfParallelism = _concurrentPartsMax, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, parts.Length, options, async (i, ct) =>
        {
            var position = i * _partBytes;
            var part = payload.Slice(position, Math.Min(_partBytes, payload.LengthBytes - position));
            parts[i] = await UploadPartAsync(key, uploadId, i + 1, part, ct);
        });
        return parts;
    }

    private async Task<PartETag> UploadPartAsync(
        string key, string uploadId, int partNumber, ObjectPayload part, CancellationToken cancellationToken)
    {
        var response = await RunAsync(
            ObjectRequestKind.Part,
            key,
            async token =>
            {
                await using var body = part.OpenRead();
                var request = new UploadPartRequest
                {
                    BucketName = _bucket,
                    Key = _keyPrefix + key,
                    UploadId = uploadId,
                    PartNumber = partNumber,
                    PartSize = part.LengthBytes,
                    InputStream = body,
                    UseChunkEncoding = false,
                    DisablePayloadSigning = _isHttps ? true : null,
                    ChecksumCRC32C = ToBase64(part.Crc32C),
                };
                return (await _client.UploadPartAsync(request, token), part.LengthBytes, 0L);
            },
            cancellationToken,
            part.LengthBytes);
        return new PartETag(partNumber, response.ETag);
    }

    private async Task CompleteUploadAsync(
        string key, string uploadId, PartETag[] parts, PutMode mode, CancellationToken cancellationToken)
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = _bucket,
            Key = _keyPrefix + key,
            UploadId = uploadId,
            PartETags = [.. parts],
            IfNoneMatch = mode == PutMode.CreateNew ? "*" : null,
        };
        await RunAsync(
            ObjectRequestKind.Multipart,
            key,
            async token => (await _client.CompleteMultipartUploadAsync(request, token), 0L, 0L),
            cancellationToken);
    }

    /// <summary>
    /// Parts of an upload that nobody ends are paid for. Best effort, with a deadline of its own since the caller's token may be what ended
    /// the upload; what remains is for the bucket's lifecycle rule (docs/operations.md).
    /// </summary>
    private async Task TryAbortUploadAsync(string key, string uploadId)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            var request = new AbortMultipartUploadRequest { BucketName = _bucket, Key = _keyPrefix + key, UploadId = uploadId };
            await RunAsync(
                ObjectRequestKind.Multipart,
                key,
                async token => (await _client.AbortMultipartUploadAsync(request, token), 0L, 0L),
                deadline.Token);
        }
        catch (Exception e) when (e is ObjectStoreException or OperationCanceledException)
        {
            // The failure that led here is the one to report.
        }
    }
}
