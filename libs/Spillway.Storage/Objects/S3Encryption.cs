using Amazon.S3;
using Amazon.S3.Model;

namespace Spillway.Storage.Objects;

/// <summary>Puts what the options say about encryption into the requests that make objects.</summary>
internal static class S3Encryption
{
    public static void Apply(S3EncryptionOptions options, PutObjectRequest request)
    {
        request.ServerSideEncryptionMethod = MethodOf(options);
        request.ServerSideEncryptionKeyManagementServiceKeyId = KeyOf(options);
        request.BucketKeyEnabled = options.BucketKey;
    }

    /// <summary>The parts of an upload are encrypted as its begin says, copied ones too.</summary>
    public static void Apply(S3EncryptionOptions options, InitiateMultipartUploadRequest request)
    {
        request.ServerSideEncryptionMethod = MethodOf(options);
        request.ServerSideEncryptionKeyManagementServiceKeyId = KeyOf(options);
        request.BucketKeyEnabled = options.BucketKey;
    }

    private static ServerSideEncryptionMethod? MethodOf(S3EncryptionOptions options) => options.Kind switch
    {
        S3EncryptionKind.Aes256 => ServerSideEncryptionMethod.AES256,
        S3EncryptionKind.AwsKms => ServerSideEncryptionMethod.AWSKMS,
        _ => null,
    };

    private static string? KeyOf(S3EncryptionOptions options) => string.IsNullOrEmpty(options.KmsKeyId) ? null : options.KmsKeyId;
}
