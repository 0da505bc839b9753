using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects;

public sealed class ObjectStoreOptionsTests
{
    [Fact]
    public void The_default_is_a_folder()
    {
        using var provider = Build();

        Assert.IsType<FolderObjectStore>(provider.GetRequiredService<IObjectStore>());
    }

    [Fact]
    public void S3_is_made_as_configured()
    {
        using var provider = Build(("Kind", "S3"), ("S3:Bucket", "b"), ("S3:Endpoint", "http://127.0.0.1:9"), ("S3:AccessKey", "a"), ("S3:SecretKey", "s"));

        Assert.IsType<S3ObjectStore>(provider.GetRequiredService<IObjectStore>());
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once_by_key()
    {
        using var provider = Build(
            ("Kind", "S3"), ("KeyPrefix", "../x"), ("S3:Endpoint", "minio:9000"), ("S3:AccessKey", "a"), ("S3:RetriesMax", "99"));

        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IObjectStore>());

        Assert.Equal(5, e.Failures.Count());
        foreach (var key in new[] { "KeyPrefix", "S3:Bucket", "S3:Endpoint", "S3:SecretKey", "S3:RetriesMax" })
        {
            Assert.Contains(e.Failures, f => f.Contains($"Spillway:ObjectStore:{key}", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("S3:Encryption:KmsKeyId", "key-1")]
    [InlineData("S3:Encryption:BucketKey", "true", "S3:Encryption:Kind", "Aes256")]
    [InlineData("S3:Encryption:Kind", "7")]
    [InlineData("S3:SessionToken", "token")]
    [InlineData("S3:Profile", "p", "S3:AccessKey", "a", "S3:SecretKey", "s")]
    [InlineData("S3:ConcurrentRequestsMax", "0")]
    public void What_does_not_go_together_is_said_by_key(string key, string value, params string[] others)
    {
        using var provider = Build(
            [("Kind", "S3"), ("S3:Bucket", "b"), (key, value), .. others.Chunk(2).Select(static pair => (pair[0], pair[1]))]);

        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IObjectStore>());

        Assert.StartsWith($"Spillway:ObjectStore:{key} ", Assert.Single(e.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("None", null, null)]
    [InlineData("Aes256", null, null)]
    [InlineData("AwsKms", "key-1", "true")]
    [InlineData("AwsKms", null, null)]
    public void Encryption_is_as_S3_has_it(string kind, string? keyId, string? bucketKey)
    {
        using var provider = Build(
            [
                ("Kind", "S3"), ("S3:Bucket", "b"), ("S3:Encryption:Kind", kind),
                .. keyId is null ? Array.Empty<(string, string)>() : [("S3:Encryption:KmsKeyId", keyId)],
                .. bucketKey is null ? Array.Empty<(string, string)>() : [("S3:Encryption:BucketKey", bucketKey)],
            ]);

        Assert.IsType<S3ObjectStore>(provider.GetRequiredService<IObjectStore>());
    }

    private static ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Spillway:ObjectStore:{s.Key}", (string?)s.Value)))
            .Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddObjectStore().AddObjectStore().BuildServiceProvider();
    }
}
