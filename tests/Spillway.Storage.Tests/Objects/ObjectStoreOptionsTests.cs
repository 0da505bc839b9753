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

    private static ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Spillway:ObjectStore:{s.Key}", (string?)s.Value)))
            .Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddObjectStore().AddObjectStore().BuildServiceProvider();
    }
}
