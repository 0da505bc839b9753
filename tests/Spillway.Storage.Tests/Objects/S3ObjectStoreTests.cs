using Spillway.Storage.Objects;
using Spillway.Testing.Metrics;
using Xunit;

namespace Spillway.Storage.Tests.Objects;

public sealed class S3ObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly S3StoreOptions _options = S3TestServer.OptionsOrSkip();
    private readonly S3ObjectStore _store;

    public S3ObjectStoreTests() => _store = new S3ObjectStore(_options, "prefix-of-a-cluster");

    protected override IObjectStore Store => _store;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_checksum_an_object_was_put_with_is_found_again()
    {
        var payload = new ObjectPayload(new byte[] { 1, 2, 3 });
        await _store.PutAsync("crc/one", payload, PutMode.Replace, Token);

        Assert.Equal(payload.Crc32C, (await _store.FindAsync("crc/one", Token))!.Crc32C);
    }

    [Fact]
    public async Task Wrong_credentials_are_refused_and_not_retried_for_ever()
    {
        using var store = new S3ObjectStore(new S3StoreOptions
        {
            Endpoint = _options.Endpoint,
            Bucket = _options.Bucket,
            AccessKey = _options.AccessKey,
            SecretKey = "wrong",
        });

        await Assert.ThrowsAsync<ObjectStoreRefusedException>(
            () => store.PutAsync("a", new ObjectPayload(new byte[1]), PutMode.Replace, Token));
    }

    [Fact]
    public async Task A_missing_bucket_is_refused_and_not_an_object_that_is_missing()
    {
        using var store = new S3ObjectStore(new S3StoreOptions
        {
            Endpoint = _options.Endpoint,
            Bucket = "no-such-bucket-" + Guid.NewGuid().ToString("n"),
            AccessKey = _options.AccessKey,
            SecretKey = _options.SecretKey,
        });

        await Assert.ThrowsAsync<ObjectStoreRefusedException>(() => store.ReadRangeAsync("a", 0, new byte[1], Token));
    }

    [Fact]
    public async Task Requests_are_counted_as_the_store_bills_them()
    {
        using var readings = new CounterReadings();
        using var store = new S3ObjectStore(_options, "counted", new ObjectStoreMetrics(readings));

        await store.PutAsync("small", new ObjectPayload(new byte[100]), PutMode.Replace, Token);
        await store.PutAsync("large", new ObjectPayload(new byte[33 << 20]), PutMode.Replace, Token);
        await store.DeleteAsync(["small", "large"], Token);

        // One whole object and three parts; begin and end of the upload; its length looked at.
        Assert.Equal(1, Answered("put"));
        Assert.Equal(3, Answered("part"));
        Assert.Equal(2, Answered("multipart"));
        Assert.Equal(1, Answered("head"));
        Assert.Equal(1, Answered("delete"));

        // What a busy server did not answer in time and was asked again is counted apart.
        long Answered(string kind) => readings["spillway.object_store.requests", kind, "ok", "other"];
    }

    public void Dispose() => _store.Dispose();
}
