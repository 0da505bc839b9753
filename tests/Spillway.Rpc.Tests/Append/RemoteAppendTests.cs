using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;
using Spillway.Testing;

namespace Spillway.Rpc.Tests.Append;

public sealed class RemoteAppendTests
{
    private readonly BufferPool _pool = new(64 << 20);
    private readonly RecordingAppendService _service = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_append_is_answered_batch_by_batch()
    {
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var result = await AppendAsync(stream, "tx", 2, (7, [1, 2, 3]), (8, [4]), (7, [5, 6]));

        Assert.Equal(ErrorCode.None, result.Error);
        Assert.Equal([0, 0, 1], result.Batches.Select(batch => batch.BaseOffset));
        Assert.Equal([(7, "010203"), (8, "04"), (7, "0506")],
            _service.Appended.Select(one => (one.LogId, Convert.ToHexString(one.Batch))));
        Assert.All(_service.Appended, one => Assert.Equal(("tx", 2), (one.TransactionalId, one.Version)));
        Assert.Equal("frontend-a", Assert.Single(_service.ClientNames));
    }

    [Fact]
    public async Task Batch_errors_and_their_messages_reach_the_caller()
    {
        _service.Intercept = _ => AppendResult.Of([new(ErrorCode.OutOfOrderSequenceNumber, -1, 42, "expected 5, got 9")]);
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var result = await AppendAsync(stream, null, 0, (7, [1]));

        Assert.Equal(new BatchAppendResult(ErrorCode.OutOfOrderSequenceNumber, -1, 42, "expected 5, got 9"), result.Batches[0]);
    }

    [Fact]
    public async Task A_whole_request_error_reaches_the_caller_and_the_stream_goes_on()
    {
        _service.Intercept = _ => AppendResult.Failed(ErrorCode.NotLeaderOrFollower);
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var refused = await AppendAsync(stream, null, 0, (7, [1]));
        _service.Intercept = null;
        var taken = await AppendAsync(stream, null, 0, (7, [1]));

        Assert.Equal(ErrorCode.NotLeaderOrFollower, refused.Error);
        Assert.Equal(ErrorCode.None, taken.Error);
        Assert.False(stream.IsBroken);
    }

    [Fact]
    public async Task Appends_keep_the_order_of_the_calls_and_buffers_go_back_before_the_answer()
    {
        // Many appends in flight at a time, whose buffers come from a pool that hands them out again as soon as they are released:
        // bytes that left too late, or were read from a buffer in use again, would not be those of their number.
        const int count = 2000;
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");
        var results = new List<Task<AppendResult>>();
        var random = new Random(99);

        for (var i = 0; i < count; i++)
        {
            var bytes = new byte[4 + random.Next(60_000)];
            bytes.AsSpan().Fill((byte)i);
            BitConverter.TryWriteBytes(bytes, i);
            results.Add(AppendAsync(stream, null, 0, (1, bytes)));
            if (i % 100 == 99)
            {
                await Task.WhenAll(results);
            }
        }

        Assert.Equal(Enumerable.Range(0, count), (await Task.WhenAll(results)).Select(result => (int)result.Batches[0].BaseOffset));
        Assert.Equal(count, _service.Appended.Count);
        foreach (var (expected, one) in _service.Appended.Index())
        {
            Assert.Equal(expected, BitConverter.ToInt32(one.Batch));
            Assert.False(one.Batch.AsSpan(4).ContainsAnyExcept((byte)expected));
        }
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task A_large_request_of_many_batches_arrives_whole()
    {
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");
        var batches = Enumerable.Range(1, 5000).Select(i => ((long)i, new byte[8000])).ToArray();

        var result = await AppendAsync(stream, null, 0, batches);

        Assert.Equal(5000, result.Batches.Count);
        Assert.Equal(5000, _service.Appended.Count);
    }

    [Fact]
    public async Task What_is_unanswered_when_the_writer_vanishes_is_a_storage_error_and_so_is_what_follows()
    {
        _service.CloseGate();
        var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");
        var pending = Enumerable.Range(0, 10).Select(_ => AppendAsync(stream, null, 0, (7, new byte[1000]))).ToList();

        await server.DisposeAsync();
        var results = await Task.WhenAll(pending).WaitAsync(TimeSpan.FromMinutes(1), Token);
        var later = await AppendAsync(stream, null, 0, (7, [1]));

        Assert.All(results, result => Assert.Equal(ErrorCode.KafkaStorageError, result.Error));
        Assert.Equal(ErrorCode.KafkaStorageError, later.Error);
        Assert.True(stream.IsBroken);
        Assert.Equal(RpcStatusCode.Unavailable, stream.Failure!.Code);
        await stream.DisposeAsync();
        Assert.Equal(0, _pool.RentedBytes);
        _service.OpenGate();
    }

    [Fact]
    public async Task A_stream_is_connected_when_the_writer_has_taken_it_and_before_anything_is_appended()
    {
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        await Eventually.TrueAsync(() => stream.IsConnected, "the writer has taken the stream", Token);

        Assert.False(stream.IsBroken);
        await server.DisposeAsync();
        await Eventually.TrueAsync(() => stream.IsBroken && !stream.IsConnected, "the stream is broken", Token);
    }

    [Fact]
    public async Task A_stream_that_the_writer_does_not_take_breaks_before_anything_is_appended()
    {
        _service.TakesNone = true;
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        await Eventually.TrueAsync(() => stream.IsBroken, "the stream is broken", Token);

        Assert.False(stream.IsConnected);
        Assert.Equal(RpcStatusCode.Unavailable, stream.Failure!.Code);
    }

    [Fact]
    public async Task Nobody_listening_is_a_storage_error()
    {
        var server = await StartAsync();
        await server.DisposeAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var result = await AppendAsync(stream, null, 0, (7, new byte[1000]));

        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        await stream.DisposeAsync();
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task Giving_up_the_wait_does_not_give_up_the_append()
    {
        _service.CloseGate();
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");
        using var cancel = new CancellationTokenSource();

        using var buffer = _pool.Rent(1);
        var request = new Rpc.Append.AppendRequest { Owner = buffer, Batches = [new(new LogId(7), buffer.Memory)] };
        var given = stream.AppendAsync(request, cancel.Token).AsTask();
        var next = AppendAsync(stream, null, 0, (7, [2]));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        _service.OpenGate();

        Assert.Equal(1, (await next).Batches[0].BaseOffset);
        Assert.Equal(2, _service.Appended.Count);
        Assert.False(stream.IsBroken);
    }

    [Fact]
    public async Task The_writer_reads_no_further_than_its_bounds()
    {
        _service.CloseGate();
        var seen = 0;
        _service.Intercept = _ =>
        {
            Interlocked.Increment(ref seen);
            return null;
        };
        await using var server = await StartAsync(new WalAppendOptions { InFlightBytesMax = 1 << 20 });
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var pending = Enumerable.Range(0, 64).Select(_ => AppendAsync(stream, null, 0, (7, new byte[100_000]))).ToList();
        for (var same = 0; same < 5; same++)
        {
            var before = Volatile.Read(ref seen);
            await Task.Delay(50, Token);
            same = before == 0 || before != Volatile.Read(ref seen) ? 0 : same;
        }
        Assert.Equal(10, seen);
        _service.OpenGate();

        Assert.Equal(64, (await Task.WhenAll(pending)).Length);
    }

    [Fact]
    public async Task A_request_larger_than_the_bound_gets_in_alone()
    {
        await using var server = await StartAsync(new WalAppendOptions { InFlightBytesMax = 1000 });
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var results = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => AppendAsync(stream, null, 0, (7, new byte[5000]))));

        Assert.Equal([0, 1, 2, 3, 4], results.Select(result => result.Batches[0].BaseOffset));
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_it_has_taken()
    {
        _service.CloseGate();
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _service.Intercept = _ =>
        {
            taken.TrySetResult();
            return null;
        };
        var pending = AppendAsync(stream, null, 0, (7, [1]));
        await taken.Task.WaitAsync(TimeSpan.FromMinutes(1), Token);

        var stopping = server.StopAsync();
        await Task.Delay(50, Token);
        _service.OpenGate();

        Assert.Equal(ErrorCode.None, (await pending).Error);
        await stopping.WaitAsync(TimeSpan.FromMinutes(1), Token);
        await stream.DisposeAsync();
        Assert.True(stream.IsBroken);
        Assert.Equal(1, _service.Closed);
    }

    [Fact]
    public async Task A_writer_whose_append_throws_breaks_the_stream_and_no_other()
    {
        _service.Intercept = request => request.TransactionalId is null ? null : throw new InvalidDataException("a bug");
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var broken = new RemoteAppendStream(channel, "frontend-a");
        await using var other = new RemoteAppendStream(channel, "frontend-b");

        Assert.Equal(ErrorCode.KafkaStorageError, (await AppendAsync(broken, "tx", 0, (7, [1]))).Error);
        Assert.Equal(ErrorCode.None, (await AppendAsync(other, null, 0, (7, [1]))).Error);
        Assert.Equal(RpcStatusCode.Unknown, broken.Failure!.Code);
    }

    [Fact]
    public async Task A_reply_that_does_not_fit_its_request_breaks_the_stream()
    {
        _service.Intercept = _ => AppendResult.Of([]);
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var stream = new RemoteAppendStream(channel, "frontend-a");

        var result = await AppendAsync(stream, null, 0, (7, [1]));

        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        await stream.DisposeAsync();
        Assert.Equal(RpcStatusCode.Internal, stream.Failure!.Code);
    }

    [Theory]
    [InlineData("an id twice", RpcStatusCode.InvalidArgument)]
    [InlineData("no message", RpcStatusCode.Internal)]
    public async Task A_client_that_breaks_the_protocol_is_refused(string how, RpcStatusCode expected)
    {
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        await using var call = channel.OpenRawDuplex(WalAppendMethod.Append, Token);

        byte[] message = how == "no message" ? [0xFF] : [0x08, 5];
        _ = call.WriteAsync(message, []);
        _ = call.WriteAsync(message, []);

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ReadAsync())
            {
            }
        });
        Assert.Equal(expected, failure.Code);
    }

    private Task<RpcTestServer> StartAsync(WalAppendOptions? options = null) =>
        RpcTestServer.StartAsync(app => app.MapWalAppend(_service, options));

    // Copies the batches into one rented buffer and gives its own reference up as soon as the stream has taken one.
    private async Task<AppendResult> AppendAsync(
        RemoteAppendStream stream, string? transactionalId, int version, params (long LogId, byte[] Batch)[] batches)
    {
        ValueTask<AppendResult> result;
        using (var buffer = _pool.Rent(batches.Sum(batch => batch.Batch.Length)))
        {
            var position = 0;
            var slices = new BatchToAppend[batches.Length];
            for (var i = 0; i < slices.Length; i++)
            {
                var (logId, bytes) = batches[i];
                bytes.CopyTo(buffer.Memory[position..]);
                slices[i] = new(new LogId(logId), buffer.Memory.Slice(position, bytes.Length));
                position += bytes.Length;
            }
            result = stream.AppendAsync(
                new Rpc.Append.AppendRequest
                {
                    Owner = buffer,
                    Batches = slices,
                    TransactionalId = transactionalId,
                    TransactionVersion = version,
                },
                Token);
        }
        return await result;
    }
}
