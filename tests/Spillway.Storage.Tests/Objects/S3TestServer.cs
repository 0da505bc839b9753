using Amazon.S3;
using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects;

/// <summary>The S3 server that the environment names, if it names one.</summary>
internal static class S3TestServer
{
    private const string EndpointVariable = "SPILLWAY_TEST_S3_ENDPOINT";
    private static readonly Lock Lock = new();
    private static bool _isBucketThere;

    public static S3StoreOptions OptionsOrSkip()
    {
        var endpoint = Environment.GetEnvironmentVariable(EndpointVariable);
        if (string.IsNullOrEmpty(endpoint))
        {
            Assert.Skip($"No S3 server: set {EndpointVariable}, SPILLWAY_TEST_S3_BUCKET, _ACCESS_KEY and _SECRET_KEY to run on one.");
        }

        var options = new S3StoreOptions
        {
            Endpoint = endpoint,
            Bucket = Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_BUCKET") ?? "spillway-test",
            AccessKey = Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_ACCESS_KEY"),
            SecretKey = Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_SECRET_KEY"),
            PartBytes = 16 << 20, // so that not much is large
        };
        lock (Lock)
        {
            _isBucketThere = _isBucketThere || CreateBucket(options);
        }

        return options;
    }

    private static bool CreateBucket(S3StoreOptions options)
    {
        using var client = S3Client.Create(options);
        try
        {
            client.PutBucketAsync(options.Bucket).GetAwaiter().GetResult();
        }
        catch (AmazonS3Exception e) when (e.ErrorCode is "BucketAlreadyOwnedByYou" or "BucketAlreadyExists")
        {
            // Kept from an earlier run.
        }

        return true;
    }
}
