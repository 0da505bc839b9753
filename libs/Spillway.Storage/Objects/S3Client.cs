using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Spillway.Storage.Objects;

/// <summary>Makes the AWS client as the options say.</summary>
internal static class S3Client
{
    public static AmazonS3Client Create(S3StoreOptions options)
    {
        var hasEndpoint = !string.IsNullOrEmpty(options.Endpoint);
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.ForcePathStyle ?? hasEndpoint,
            // The SDK's own checksums cost several CPU seconds per GB and a chunked encoding that not every store takes; we give our own.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            Timeout = options.TimeoutOf(S3StoreOptions.WholeBytesMax(options.PartBytes)),
            // Ours, in S3Requests.
            MaxErrorRetry = 0,
        };
        if (hasEndpoint)
        {
            config.ServiceURL = options.Endpoint;
            config.AuthenticationRegion = options.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        return S3Credentials.Choose(options) is { } credentials
            ? new AmazonS3Client(credentials, config)
            : new AmazonS3Client(config);
    }
}
