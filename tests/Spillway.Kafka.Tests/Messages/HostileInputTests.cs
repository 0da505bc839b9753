using System.Buffers.Binary;
using System.Diagnostics;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>
/// Goal: whatever arrives, reading yields a message or the typed error, and costs memory in proportion to what arrived.
/// Method: every prefix of valid messages, and mutated ones by the ten thousand, with the allocated bytes counted.
/// </summary>
public sealed class HostileInputTests(ITestOutputHelper output)
{
    private const int FixedBytesMax = 16 << 10;

    // A structure of few bytes on the wire is an object with a place in a list; lists double as they grow.
    private const int BytesPerByteMax = 100;

    private static readonly TimeSpan FuzzTime = TimeSpan.FromSeconds(4);

    public static TheoryData<string> Messages => [.. MessageType.All.Select(m => m.Schema.Name)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_cut_at_any_point_is_a_typed_error(string name)
    {
        var type = MessageType.Find(name);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var messages = new RandomMessages(new Random(seed));

        foreach (var version in type.Versions)
        {
            var bytes = messages.Make(type, version).ToBytes(version);
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.NotNull(TryRead(type, bytes.AsMemory(0, length), version));
            }
        }
    }

    [Fact]
    public void Mutated_messages_yield_a_message_or_a_typed_error()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var messages = new RandomMessages(random);
        var clock = Stopwatch.StartNew();
        var (read, refused) = (0, 0);

        while (clock.Elapsed < FuzzTime)
        {
            var type = MessageType.All[random.Next(MessageType.All.Count)];
            var version = (short)random.Next(type.Schema.Versions.First, type.Schema.Versions.Last + 1);
            var bytes = messages.Make(type, version).ToBytes(version);
            for (var i = 0; i < 20; i++)
            {
                if (TryRead(type, Mutate(random, bytes), version) is null)
                {
                    read++;
                }
                else
                {
                    refused++;
                }
            }
        }

        output.WriteLine($"{read} read, {refused} refused");
        Assert.True(read > 100 && refused > 100);
    }

    [Fact]
    public void Mutated_frames_of_real_clients_yield_a_request_or_a_typed_error()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);

        for (var i = 0; i < 20_000; i++)
        {
            var frame = GoldenFrame.All[random.Next(GoldenFrame.All.Count)];
            var bytes = Mutate(random, frame.Bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var reader = new WireReader(bytes);
                var header = RequestFrame.ReadHeader(ref reader);
                MessageCatalog.ReadRequest((ApiKey)header.RequestApiKey, header.RequestApiVersion, ref reader);
            }
            catch (MalformedMessageException e)
            {
                Assert.True(e.Message.Length < 200);
            }

            AssertBounded(GC.GetAllocatedBytesForCurrentThread() - before, bytes.Length);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    public void A_count_of_billions_costs_nothing(short version)
    {
        byte[] bytes = version >= 9 ? [0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0, 0] : [0x7F, 0xFF, 0xFF, 0xFF, 0, 0];

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<MalformedMessageException>(() =>
        {
            var reader = new WireReader(bytes);
            MetadataRequest.Read(ref reader, version);
        });

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < FixedBytesMax);
        Assert.Equal(MalformedReason.LengthOutOfRange, error.Reason);
    }

    [Fact]
    public void A_frame_of_the_smallest_elements_costs_a_bounded_multiple()
    {
        // Metadata v0: a topic is two bytes of length, 0.
        var bytes = new byte[4 + (2 * 100_000)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, 100_000);

        Assert.Null(TryRead(MessageType.Find("MetadataRequest"), bytes, 0));
    }

    private static MalformedMessageException? TryRead(MessageType type, ReadOnlyMemory<byte> bytes, short version)
    {
        MalformedMessageException? error = null;
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var reader = new WireReader(bytes);
            type.Read(ref reader, version);
        }
        catch (MalformedMessageException e)
        {
            error = e;
        }

        AssertBounded(GC.GetAllocatedBytesForCurrentThread() - before, bytes.Length);
        return error;
    }

    private static void AssertBounded(long allocatedBytes, int frameBytes) => Assert.True(
        allocatedBytes <= FixedBytesMax + ((long)BytesPerByteMax * frameBytes),
        $"{allocatedBytes} bytes allocated for a frame of {frameBytes}");

    internal static byte[] Mutate(Random random, byte[] bytes)
    {
        var mutant = new List<byte>(bytes);
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(mutant.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < mutant.Count:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < mutant.Count:
                    mutant[at] = (byte)random.Next(256);
                    break;
                case 2:
                    mutant.RemoveRange(at, random.Next(mutant.Count - at + 1));
                    break;
                case 3:
                    mutant.Insert(at, (byte)random.Next(256));
                    break;
                case 4 when at + 4 <= mutant.Count:
                    var number = new byte[4];
                    BinaryPrimitives.WriteInt32BigEndian(number, random.Next(3) == 0 ? int.MaxValue : -random.Next(3));
                    mutant.RemoveRange(at, 4);
                    mutant.InsertRange(at, number);
                    break;
                default:
                    mutant.InsertRange(at, [0xFF, 0xFF, 0xFF, 0xFF, (byte)random.Next(16)]);
                    break;
            }
        }

        return [.. mutant];
    }
}
