using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Spillway.Storage.Objects;

/// <summary>Turns what the S3 client throws into what a caller can act on. The one place that knows S3's error codes.</summary>
internal static class S3Failures
{
    private const string NoSuchUpload = "NoSuchUpload";

    /// <summary>Whether the exception came from the client or the network rather than from a bug.</summary>
    public static bool IsExpected(Exception e, CancellationToken cancellationToken) =>
        e is AmazonClientException or AmazonServiceException or HttpRequestException or IOException or TimeoutException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public static ObjectStoreException Translate(string key, Exception e) => e switch
    {
        AmazonServiceException { ErrorCode: "NoSuchKey" or "NotFound" } => NotFound(key, e),
        AmazonServiceException { ErrorCode: "NoSuchBucket" } =>
            new ObjectStoreRefusedException(key, $"The bucket does not exist ('{key}').", e),
        AmazonServiceException { ErrorCode: "BadDigest" or "XAmzContentChecksumMismatch" or "RequestTimeout" or NoSuchUpload } =>
            // The bytes were damaged or stopped on their way, or an upload was completed by an attempt whose answer was lost: the same
            // payload sent again arrives, or finds itself there.
            Unavailable(key, e),
        AmazonServiceException { ErrorCode: "RequestTimeTooSkewed" or "ExpiredToken" } =>
            // The SDK has learnt the store's time from the answer, and gets new credentials before the old ones end: the next one passes.
            Unavailable(key, e),
        AmazonServiceException { StatusCode: HttpStatusCode.NotFound } => NotFound(key, e),
        AmazonServiceException { StatusCode: HttpStatusCode.PreconditionFailed } =>
            new ObjectExistsException(key, $"Object '{key}' exists with other bytes.", e),
        AmazonServiceException { StatusCode: HttpStatusCode.RequestedRangeNotSatisfiable } =>
            new ObjectCorruptException(key, $"Object '{key}' ends before the range that was read.", e),
        AmazonServiceException { StatusCode: HttpStatusCode.BadRequest, ErrorCode: null or "" or nameof(HttpStatusCode.BadRequest) } =>
            // No word of S3's (the SDK names it after the status): the server took the rest of an earlier request, refused before it was
            // read, for the head of this one (seen with Ceph's gateway), or a proxy did. On another connection it passes.
            Unavailable(key, e),
        AmazonServiceException { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            or HttpStatusCode.MethodNotAllowed or HttpStatusCode.MovedPermanently } =>
            new ObjectStoreRefusedException(key, $"The object store refused '{key}': {e.Message}", e),
        _ => Unavailable(key, e),
    };

    /// <summary>Whether the store asks for fewer requests.</summary>
    public static bool IsThrottle(Exception? e) => e is AmazonServiceException
    {
        StatusCode: HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests,
    } or AmazonServiceException
    {
        ErrorCode: "SlowDown" or "Throttling" or "ThrottlingException" or "RequestLimitExceeded" or "TooManyRequestsException",
    };

    /// <summary>
    /// Whether the same request may end well in a moment. An upload that is gone does not come back, and deletions tell of each key.
    /// </summary>
    public static bool MayPass(ObjectStoreUnavailableException e) =>
        e.InnerException is not DeleteObjectsException && !IsUploadGone(e);

    /// <summary>Whether the upload in parts has ended, well or not.</summary>
    public static bool IsUploadGone(ObjectStoreUnavailableException e) =>
        e.InnerException is AmazonServiceException { ErrorCode: NoSuchUpload };

    public static string OutcomeOf(ObjectStoreException e) => e switch
    {
        ObjectNotFoundException => "not_found",
        ObjectExistsException => "exists",
        ObjectCorruptException => "corrupt",
        ObjectStoreRefusedException => "refused",
        _ => "unavailable",
    };

    private static ObjectNotFoundException NotFound(string key, Exception e) => new(key, $"There is no object '{key}'.", e);

    private static ObjectStoreUnavailableException Unavailable(string key, Exception e) =>
        new(key, $"The object store is unavailable ('{key}'): {e.Message}", e);
}
