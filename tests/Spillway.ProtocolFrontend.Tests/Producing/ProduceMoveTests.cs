using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.Rpc.Append;
using Spillway.Rpc.Zones;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>
/// Sequence numbers where a partition's batches begin to come another way: one that passed another is no producer's mistake.
/// </summary>
public sealed class ProduceMoveTests
{
    private static readonly byte[] Batch = MakeBatch();

    [Fact]
    public async Task A_batch_that_passed_another_when_its_partition_moved_here_is_sent_again()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var produce = new ProduceTestContext(time);
        produce.Routes.Apply(Led(by: 1));
        produce.Routes.Apply(Led(by: 2));
        await SendAsync(produce, 1, 2);

        produce.Writers.Complete(0, OutOfOrder);
        produce.Writers.Complete(1, OutOfOrder);

        await AssertAnswersAsync(produce, ErrorCode.NotLeaderOrFollower, ErrorCode.NotLeaderOrFollower);
        Assert.Null(await produce.ReceiveAsync());

        // A table that moves nothing says nothing, and what was under way when the last one did has ended by now.
        time.Advance(TimeSpan.FromSeconds(20));
        produce.Routes.Apply(Led(by: 2));
        await produce.ReconnectAsync();
        await produce.SendAsync(1, Request());
        await produce.UntilSubmittedAsync(3);
        produce.Writers.Complete(2, OutOfOrder);
        await AssertAnswersAsync(produce, ErrorCode.OutOfOrderSequenceNumber);
    }

    [Fact]
    public async Task A_frontend_that_comes_to_others_takes_partitions_from_them()
    {
        await using var produce = new ProduceTestContext();
        var table = Led(by: 2);
        table.Frontends.Add(new RoutedFrontend { NodeId = 1 });
        produce.Routes.Apply(table);
        await SendAsync(produce, 1);

        produce.Writers.Complete(0, OutOfOrder);

        await AssertAnswersAsync(produce, ErrorCode.NotLeaderOrFollower);
    }

    [Fact]
    public async Task A_frontend_that_is_alone_tells_what_is_out_of_order()
    {
        await using var produce = new ProduceTestContext();
        produce.Routes.Apply(Led(by: 1));
        await SendAsync(produce, 1);

        produce.Writers.Complete(0, OutOfOrder);

        await AssertAnswersAsync(produce, ErrorCode.OutOfOrderSequenceNumber);
    }

    [Fact]
    public async Task What_else_a_batch_is_to_blame_for_it_is_told_after_a_move_too()
    {
        await using var produce = new ProduceTestContext();
        produce.Routes.Apply(Led(by: 1));
        produce.Routes.Apply(Led(by: 2));
        await SendAsync(produce, 1);

        produce.Writers.Complete(0, AppendResult.Of([new BatchAppendResult(ErrorCode.InvalidProducerEpoch, -1, -1, null)]));

        await AssertAnswersAsync(produce, ErrorCode.InvalidProducerEpoch);
    }

    private static async Task SendAsync(ProduceTestContext produce, params int[] ids)
    {
        foreach (var id in ids)
        {
            await produce.SendAsync(id, Request());
        }

        await produce.UntilSubmittedAsync(ids.Length);
    }

    private static async Task AssertAnswersAsync(ProduceTestContext produce, params ErrorCode[] errors)
    {
        foreach (var error in errors)
        {
            Assert.Equal(error, (ErrorCode)(await produce.ReceiveAsync())!.ErrorCode);
        }
    }

    private static ProduceRequest Request() => ProduceTestContext.Request(Batch);

    private static AppendResult OutOfOrder =>
        AppendResult.Of([new BatchAppendResult(ErrorCode.OutOfOrderSequenceNumber, -1, -1, null)]);

    private static RoutingTable Led(int by) => new()
    {
        SlotCount = 1,
        Frontends = { new RoutedFrontend { NodeId = by } },
        Zones = { new ZoneRoutes { Zone = "", NodeIdBySlot = { by } } },
    };

    private static byte[] MakeBatch()
    {
        var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, new byte[10]);
        return builder.Build();
    }
}
