using System.Buffers.Binary;
using System.Text;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.BadInput;

/// <summary>
/// What no honest client sends, over a real socket: the answer is Kafka's error code or a closed connection with one logged line, and a
/// bystander on another connection notices nothing.
/// </summary>
public sealed class BadInputTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>, IAsyncLifetime
{
    private const string Topic = "bystander";

    private RawConnection? _bystander;
    private int _logged;

    public async ValueTask InitializeAsync()
    {
        _bystander = await RawConnection.OpenAsync(fixture.Standalone);
        await _bystander.TryCreateTopicAsync(Topic, 1, ("max.message.bytes", "10000"));
        _logged = fixture.Standalone.LogLines.Count;
    }

    /// <summary>After every kind of bad input: the other connection works, and nothing dumped a stack.</summary>
    public async ValueTask DisposeAsync()
    {
        var answer = await _bystander!.ProduceAsync(Topic, 0, Batch("still here"));
        Assert.Equal(0, answer.ErrorCode);
        await _bystander.DisposeAsync();
        var logged = fixture.Standalone.LogLines.Skip(_logged).ToList();
        Assert.DoesNotContain(logged, static line => line.Contains("Exception", StringComparison.Ordinal)
            || line.TrimStart().StartsWith("at ", StringComparison.Ordinal)
            || line.Contains("bug", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(200 << 20)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task A_frame_of_an_impossible_length_closes_the_connection(int length)
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);
        var prefix = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(prefix, length);

        await connection.SendAsync(prefix);

        Assert.Null(await connection.ReceiveAsync());
        await AssertOneClosedLineAsync();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")]
    public async Task Another_protocol_closes_the_connection(string text)
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);

        await connection.SendAsync(Encoding.Latin1.GetBytes(text));

        Assert.Null(await connection.ReceiveAsync());
        await AssertOneClosedLineAsync();
    }

    [Fact]
    public async Task Random_bytes_in_a_frame_close_the_connection_or_get_an_answer()
    {
        var seed = Guid.NewGuid().GetHashCode();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            await using var connection = await RawConnection.OpenAsync(fixture.Standalone);
            var frame = new byte[4 + random.Next(8, 300)];
            random.NextBytes(frame);
            BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
            // A known API half of the time: its body is what is garbage then.
            BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(4), (short)random.Next(0, 100));
            BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(6), (short)random.Next(0, 14));

            await connection.SendAsync(frame);
            connection.EndInput();

            while (await connection.ReceiveAsync() is not null)
            {
                // Whatever it was taken for, it was answered; what matters is that the connection ends.
            }
        }
    }

    [Fact]
    public async Task A_frame_that_ends_early_closes_the_connection()
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);
        var frame = RawConnection.Frame(ApiKey.Metadata, 9, 1, new MetadataRequest());

        await connection.SendAsync(frame.AsMemory(0, frame.Length / 2));
        connection.EndInput();

        Assert.Null(await connection.ReceiveAsync());
    }

    [Fact]
    public async Task An_unknown_api_key_closes_the_connection()
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);
        var frame = RawConnection.Frame(ApiKey.ApiVersions, 0, 1, new ApiVersionsRequest());
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(4), 9999);

        await connection.SendAsync(frame);

        Assert.Null(await connection.ReceiveAsync());
        await AssertOneClosedLineAsync();
    }

    [Fact]
    public async Task An_unsupported_version_closes_the_connection()
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);
        var frame = RawConnection.Frame(ApiKey.Metadata, 9, 1, new MetadataRequest());
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(6), 99);

        await connection.SendAsync(frame);

        Assert.Null(await connection.ReceiveAsync());
        await AssertOneClosedLineAsync();
    }

    [Fact]
    public async Task An_unsupported_version_of_api_versions_is_answered_in_version_0()
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);
        var frame = RawConnection.Frame(ApiKey.ApiVersions, 3, 7, new ApiVersionsRequest());
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(6), 99);

        await connection.SendAsync(frame);

        var answer = await connection.ReceiveAsync();
        Assert.NotNull(answer);
        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(answer));
        Assert.Equal((short)ErrorCode.UnsupportedVersion, BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(4)));
    }

    [Fact]
    public async Task A_batch_with_a_wrong_checksum_is_corrupt()
    {
        var batch = Batch("changed");
        batch[^1] ^= 1;

        Assert.Equal(ErrorCode.CorruptMessage, await ProduceAsync(Topic, batch));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_batch_of_another_magic_is_refused(byte magic)
    {
        var batch = Batch("old");
        batch[RecordBatchLayout.MagicPosition] = magic;

        Assert.Contains(
            await ProduceAsync(Topic, batch),
            new[] { ErrorCode.UnsupportedForMessageFormat, ErrorCode.CorruptMessage, ErrorCode.InvalidRecord });
    }

    [Fact]
    public async Task A_batch_that_is_cut_short_is_invalid()
    {
        var batch = Batch("cut");

        // Kafka finds no whole batch in it, and a produce has to hold exactly one.
        Assert.Equal(ErrorCode.InvalidRecord, await ProduceAsync(Topic, batch[..^5]));
    }

    [Fact]
    public async Task A_batch_over_the_limit_of_its_topic_is_too_large() =>
        Assert.Equal(ErrorCode.MessageTooLarge, await ProduceAsync(Topic, Batch(new string('x', 20_000))));

    [Fact]
    public async Task A_topic_that_nobody_made_is_unknown() =>
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, await ProduceAsync("nobody-made-this", Batch("x")));

    [Fact]
    public async Task A_partition_that_a_topic_has_not_is_unknown()
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);

        Assert.Equal((short)ErrorCode.UnknownTopicOrPartition, (await connection.ProduceAsync(Topic, 99, Batch("x"))).ErrorCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("with space")]
    [InlineData("slash/slash")]
    [InlineData("ünicode")]
    [InlineData("long")]
    public async Task An_illegal_topic_name_is_refused(string name)
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);

        var answer = await connection.TryCreateTopicAsync(name == "long" ? new string('a', 250) : name, 1);

        Assert.Equal(ErrorCode.InvalidTopicException, (ErrorCode)answer.ErrorCode);
        Assert.False(string.IsNullOrEmpty(answer.ErrorMessage));
    }

    [Theory]
    [InlineData("retention.ms", "soon")]
    [InlineData("cleanup.policy", "shred")]
    [InlineData("no.such.config", "1")]
    [InlineData("max.message.bytes", "-5")]
    public async Task A_bad_config_is_refused_by_name(string key, string value)
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);

        var answer = await connection.TryCreateTopicAsync("bad-config", 1, (key, value));

        Assert.Equal(ErrorCode.InvalidConfig, (ErrorCode)answer.ErrorCode);
        Assert.Contains(key, answer.ErrorMessage, StringComparison.Ordinal);
    }

    private static byte[] Batch(string value)
    {
        var builder = new RecordBatchBuilder();
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), null, Encoding.UTF8.GetBytes(value));
        return builder.Build();
    }

    private async Task<ErrorCode> ProduceAsync(string topic, byte[] batch)
    {
        await using var connection = await RawConnection.OpenAsync(fixture.Standalone);
        return (ErrorCode)(await connection.ProduceAsync(topic, 0, batch)).ErrorCode;
    }

    private async Task AssertOneClosedLineAsync()
    {
        List<string> Closed() => [.. fixture.Standalone.LogLines.Skip(_logged).Where(static line => line.Contains("Closed connection", StringComparison.Ordinal))];

        await Deadline.UntilAsync(() => Closed().Count > 0, TimeSpan.FromMinutes(1), "a line says why", TestContext.Current.CancellationToken);
        Assert.Single(Closed());
    }
}
