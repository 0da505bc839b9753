using System.Net;
using System.Net.Http.Headers;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;

namespace Spillway.Rpc.Tests.Append;

/// <summary>A request is read when the writer has room for it, and then it has to arrive.</summary>
public sealed class AppendRoomTests
{
    private readonly RecordingAppendService _service = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_is_not_read_before_there_is_room_for_it()
    {
        var room = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reservedBytes = 0;
        _service.Reserve = lengthBytes =>
        {
            asked.TrySetResult(lengthBytes);
            return new ValueTask<bool>(room.Task);
        };
        _service.Intercept = request =>
        {
            reservedBytes = request.ReservedBytes;
            return null;
        };
        await using var server = await RpcTestServer.StartAsync(app => app.MapWalAppend(_service));
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var append = AppendAsync(stream, new byte[100_000]);
        var askedBytes = await asked.Task.WaitAsync(Token);
        Assert.InRange(askedBytes, 100_000, 100_100);
        Assert.Empty(_service.Appended);
        Assert.False(append.IsCompleted);
        room.SetResult(true);

        Assert.Equal(ErrorCode.None, (await append).Error);
        Assert.Equal(askedBytes, reservedBytes);
    }

    [Fact]
    public async Task A_stream_that_breaks_while_it_waits_for_room_ends_retriably()
    {
        _service.Reserve = _ => ValueTask.FromResult(false);
        await using var server = await RpcTestServer.StartAsync(app => app.MapWalAppend(_service));
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        Assert.Equal(ErrorCode.KafkaStorageError, (await AppendAsync(stream, new byte[10])).Error);

        Assert.True(stream.IsBroken);
        Assert.Empty(_service.Appended);
    }

    // Else whoever stops in the middle of a request would keep the room it was given.
    [Fact]
    public async Task A_request_that_does_not_arrive_whole_ends_its_stream()
    {
        var options = new WalAppendOptions { MessageTimeout = TimeSpan.FromMilliseconds(100) };
        await using var server = await RpcTestServer.StartAsync(app => app.MapWalAppend(_service, options));
        using var client = new HttpClient();
        using var content = new HalfMessage();
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/spillway.wal.v1.WalAppend/Append"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        await response.Content.ReadAsByteArrayAsync(Token);

        var status = response.TrailingHeaders.Concat(response.Headers).First(header => header.Key == "grpc-status");
        Assert.Equal(((int)RpcStatusCode.DeadlineExceeded).ToString(System.Globalization.CultureInfo.InvariantCulture), status.Value.Single());
        Assert.Equal(1, _service.Closed);
        content.Stop();
    }

    private static async Task<AppendResult> AppendAsync(RemoteAppendStream stream, byte[] batch)
    {
        using var buffer = BufferPool.Shared.Rent(batch.Length);
        batch.CopyTo(buffer.Memory);
        return await stream.AppendAsync(
            new Rpc.Append.AppendRequest { Owner = buffer, Batches = [new BatchToAppend(new LogId(1), buffer.Memory)] }, Token);
    }

    /// <summary>A length, a part of what it promises, and silence.</summary>
    private sealed class HalfMessage : HttpContent
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Stop() => _stopped.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 1, 0, 7, 7, 7 });
            await stream.FlushAsync();
            await _stopped.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
