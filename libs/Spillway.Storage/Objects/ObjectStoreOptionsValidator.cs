using Microsoft.Extensions.Options;

namespace Spillway.Storage.Objects;

/// <summary>Reports everything that is wrong with the options, by configuration key.</summary>
internal sealed class ObjectStoreOptionsValidator : IValidateOptions<ObjectStoreOptions>
{
    private const string Section = ObjectStoreOptions.Section;

    public ValidateOptionsResult Validate(string? name, ObjectStoreOptions options)
    {
        List<string> errors = [];
        if (!Enum.IsDefined(options.Kind))
        {
            errors.Add($"{Section}:Kind is {(int)options.Kind}; it is Folder or S3.");
        }

        if (options.KeyPrefix.Length > 0 && !ObjectKey.IsLegal(options.KeyPrefix))
        {
            errors.Add($"{Section}:KeyPrefix '{options.KeyPrefix}' is not a legal key: letters, digits and ._-= between single slashes.");
        }

        if (options.Kind == ObjectStoreKind.Folder && string.IsNullOrWhiteSpace(options.Folder))
        {
            errors.Add($"{Section}:Folder is empty; it is needed where Kind is Folder.");
        }

        if (options.Kind == ObjectStoreKind.S3)
        {
            ValidateS3(options.S3, errors);
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void ValidateS3(S3StoreOptions s3, List<string> errors)
    {
        if (string.IsNullOrWhiteSpace(s3.Bucket))
        {
            errors.Add($"{Section}:S3:Bucket is empty; it is needed where Kind is S3.");
        }

        if (string.IsNullOrWhiteSpace(s3.Region))
        {
            errors.Add($"{Section}:S3:Region is empty; requests are signed for a region.");
        }

        if (s3.Endpoint is not null
            && !(Uri.TryCreate(s3.Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")))
        {
            errors.Add($"{Section}:S3:Endpoint '{s3.Endpoint}' is not an http or https URL.");
        }

        ValidateCredentials(s3, errors);
        ValidateEncryption(s3.Encryption, errors);
        if (s3.RequestTimeout <= TimeSpan.Zero)
        {
            errors.Add($"{Section}:S3:RequestTimeout is {s3.RequestTimeout}; it must be positive.");
        }

        if (s3.RetriesMax is < 0 or > 20)
        {
            errors.Add($"{Section}:S3:RetriesMax is {s3.RetriesMax}; it is 0 to 20.");
        }

        if (s3.ConcurrentPartsMax is < 1 or > 64)
        {
            errors.Add($"{Section}:S3:ConcurrentPartsMax is {s3.ConcurrentPartsMax}; it is 1 to 64.");
        }

        if (s3.PartBytes is < 5L << 20 or > 4L << 30)
        {
            errors.Add($"{Section}:S3:PartBytes is {s3.PartBytes}; it is 5242880 (5 MiB) to 4294967296 (4 GiB).");
        }

        if (s3.ConcurrentRequestsMax is < 1 or > 10_000)
        {
            errors.Add($"{Section}:S3:ConcurrentRequestsMax is {s3.ConcurrentRequestsMax}; it is 1 to 10000.");
        }
    }

    private static void ValidateCredentials(S3StoreOptions s3, List<string> errors)
    {
        if (string.IsNullOrEmpty(s3.AccessKey) != string.IsNullOrEmpty(s3.SecretKey))
        {
            errors.Add($"{Section}:S3:AccessKey and {Section}:S3:SecretKey are set together or not at all.");
        }

        if (!string.IsNullOrEmpty(s3.SessionToken) && string.IsNullOrEmpty(s3.AccessKey))
        {
            errors.Add($"{Section}:S3:SessionToken is set without {Section}:S3:AccessKey, which it belongs to.");
        }

        if (!string.IsNullOrEmpty(s3.Profile) && !string.IsNullOrEmpty(s3.AccessKey))
        {
            errors.Add($"{Section}:S3:Profile and {Section}:S3:AccessKey are both set; one of them names the credentials.");
        }
    }

    private static void ValidateEncryption(S3EncryptionOptions encryption, List<string> errors)
    {
        if (!Enum.IsDefined(encryption.Kind))
        {
            errors.Add($"{Section}:S3:Encryption:Kind is {(int)encryption.Kind}; it is None, Aes256 or AwsKms.");
        }

        if (encryption.Kind != S3EncryptionKind.AwsKms && !string.IsNullOrEmpty(encryption.KmsKeyId))
        {
            errors.Add($"{Section}:S3:Encryption:KmsKeyId is set; it is for Kind AwsKms.");
        }

        if (encryption.Kind != S3EncryptionKind.AwsKms && encryption.BucketKey is not null)
        {
            errors.Add($"{Section}:S3:Encryption:BucketKey is set; it is for Kind AwsKms.");
        }
    }
}
