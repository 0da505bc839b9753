using System.Net;
using System.Net.Sockets;
using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects;

public sealed class S3ObjectStoreFailureTests
{
    [Fact]
    public async Task A_store_that_does_not_answer_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var store = new S3ObjectStore(new S3StoreOptions
        {
            Endpoint = $"http://127.0.0.1:{port}",
            Bucket = "any",
            AccessKey = "any",
            SecretKey = "any",
            RetriesMax = 0,
        });

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(
            () => store.PutAsync("a", new ObjectPayload(new byte[1]), PutMode.CreateNew, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(
            () => store.ReadRangeAsync("a", 0, new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled_and_not_a_failure()
    {
        using var store = new S3ObjectStore(new S3StoreOptions
        {
            Endpoint = "http://127.0.0.1:9",
            Bucket = "any",
            AccessKey = "any",
            SecretKey = "any",
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.FindAsync("a", new CancellationToken(canceled: true)));
    }
}
