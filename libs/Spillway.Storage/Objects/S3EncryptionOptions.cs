namespace Spillway.Storage.Objects;

/// <summary>What is asked of the store about the encryption of objects at rest. Readers need nothing but the right to the key.</summary>
public sealed class S3EncryptionOptions
{
    /// <summary>None, Aes256 or AwsKms. Default: None, which leaves it to the bucket's default encryption.</summary>
    public S3EncryptionKind Kind { get; init; } = S3EncryptionKind.None;

    /// <summary>
    /// Id or ARN of the KMS key; only with <see cref="S3EncryptionKind.AwsKms"/>. Default: none, the account's key for S3.
    /// </summary>
    public string? KmsKeyId { get; init; }

    /// <summary>
    /// Whether objects share a data key of the bucket, which spares a KMS request an object; only with
    /// <see cref="S3EncryptionKind.AwsKms"/>. Default: none, as the bucket is set.
    /// </summary>
    public bool? BucketKey { get; init; }
}
