namespace Spillway.Storage.Objects;

/// <summary>Who holds the key that objects are encrypted with where they lie.</summary>
public enum S3EncryptionKind
{
    /// <summary>Nothing is asked for: the bucket's default holds.</summary>
    None,

    /// <summary>The store itself (SSE-S3).</summary>
    Aes256,

    /// <summary>AWS KMS (SSE-KMS).</summary>
    AwsKms,
}
