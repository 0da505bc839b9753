using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc;
using Spillway.Rpc.Append;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Reading;

using Spillway.ServiceDefaults;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Spillway.WalWriter.Appending;
using Xunit;
using ReadRangeRequest = Spillway.Rpc.Wal.ReadRangeRequest;

namespace Spillway.WalWriter.Tests;

/// <summary>The service as its process runs it: on a real folder, behind Kestrel, with its loop.</summary>
public sealed class WalWriterServicesTests
{
    [Fact]
    public async Task Frontends_of_other_processes_append_and_reconnect_when_an_epoch_ends()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var metadata = new FakeMetadata { Lease = TimeSpan.FromMilliseconds(300) };
        await using var app = Build(folder.Path, metadata);
        await app.StartAsync(cancellationToken);
        var appends = app.Services.GetRequiredService<WalAppendService>();
        await WriterTestContext.UntilAsync(() => appends.IsOpen, "the writer registered");
        using var channel = new RpcChannel(new Uri(app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.Last()));

        await using (var stream = new RemoteAppendStream(channel, "frontend-1"))
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => AppendAsync(stream)));
            Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), results.Select(r => r.Batches[0].BaseOffset));

            await ReadBackAsync(channel, metadata.Committed[42]);
            metadata.Fence();
            AppendResult lost;
            do
            {
                lost = await AppendAsync(stream);
            }
            while (lost.Error == ErrorCode.None);

            // Refused by the epoch as it ends, or never taken from the stream of one that has ended.
            Assert.Contains(lost.Error, new[] { ErrorCode.NotLeaderOrFollower, ErrorCode.KafkaStorageError });
            await AppendAsync(stream);
            await WriterTestContext.UntilAsync(() => stream.IsBroken, "the stream broke with the epoch");
        }

        await WriterTestContext.UntilAsync(() => appends.IsOpen, "the writer registered again");
        await using (var stream = new RemoteAppendStream(channel, "frontend-1"))
        {
            Assert.Equal(100, (await AppendAsync(stream)).Batches[0].BaseOffset);
        }

        await app.StopAsync(cancellationToken);
        Assert.All(metadata.Segments.Values, s => Assert.True(s.IsSealed));
        Assert.Equal(1, metadata.DeregisteredCount);
    }

    private static async Task<AppendResult> AppendAsync(RemoteAppendStream stream)
    {
        var batch = TestBatch.Create(new Random(1), 1000);
        using var buffer = BufferPool.Shared.Rent(batch.Length);
        batch.CopyTo(buffer.Span);
        return await stream.AppendAsync(
            new AppendRequest { Owner = buffer, Batches = [new BatchToAppend(new LogId(1), buffer.Memory)] },
            TestContext.Current.CancellationToken);
    }

    /// <summary>A reader that cannot see a block on the volume gets it over the same address.</summary>
    private static async Task ReadBackAsync(RpcChannel channel, FakeMetadata.CommittedBatch batch)
    {
        var request = new ReadRangeRequest
        {
            SegmentId = batch.Segment.Id,
            Volume = batch.Segment.Volume,
            Path = batch.Segment.Path,
            Position = batch.Position,
            Length = batch.LengthBytes,
        };
        using var range = await new RemoteWalReadService(channel).ReadRangeAsync(request, TestContext.Current.CancellationToken);
        using var buffer = range.ToBuffer(BufferPool.Shared);
        Assert.Equal(TestBatch.Create(new Random(1), 1000), buffer.Span.ToArray());
    }

    private static WebApplication Build(string folder, FakeMetadata metadata)
    {
        var builder = ServiceHost.CreateBuilder(
        [
            "--Spillway:Service:HttpPort=0",
            "--Spillway:WalWriter:RpcPort=0",
            "--Spillway:WalWriter:AdvertisedAddress=http://127.0.0.1:1",
            "--Spillway:WalWriter:Volumes:0:Name=v1",
            $"--Spillway:WalWriter:Volumes:0:Path={folder}",
            "--Spillway:WalWriter:SegmentBytes=1048576",
        ]);
        builder.AddServiceDefaults("wal-writer");
        builder.Services.AddSingleton<IRegistrationService>(metadata);
        builder.Services.AddSingleton<IWalCommitService>(metadata);
        builder.AddWalWriter();
        builder.AddWalWriterListener();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapWalWriter();
        return app;
    }
}
