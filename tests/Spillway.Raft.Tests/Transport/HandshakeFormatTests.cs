using Spillway.Raft.Snapshots;
using Spillway.Raft.Transport;
using Xunit;

namespace Spillway.Raft.Tests.Transport;

public sealed class HandshakeFormatTests
{
    private static readonly Greeting Golden = new(
        ConnectionPurpose.Snapshot,
        Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        7,
        8,
        new SnapshotId(41, 4),
        "zürich:9700");

    [Fact]
    public void The_golden_greeting_and_answer_are_read_and_written_as_they_were()
    {
        var golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "handshake-v1.golden"));
        var greeting = golden[..^HandshakeFormat.AnswerBytes];
        var answer = golden[^HandshakeFormat.AnswerBytes..];

        Assert.Equal(12, HandshakeFormat.ReadAddressBytes(greeting));
        Assert.Equal(Golden, HandshakeFormat.ReadGreeting(greeting, out _));
        Assert.True(HandshakeFormat.TryReadAnswer(answer, out var status, out var detail));
        Assert.Equal((HandshakeStatus.Removed, 77UL), (status, detail));
        Assert.Equal(greeting, HandshakeFormat.WriteGreeting(Golden));
        Assert.Equal(answer, HandshakeFormat.WriteAnswer(HandshakeStatus.Removed, 77));
    }

    [Fact]
    public void Every_flipped_bit_of_a_greeting_is_noticed()
    {
        var bytes = HandshakeFormat.WriteGreeting(Golden);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(HandshakeFormat.ReadAddressBytes(bytes) != bytes.Length - HandshakeFormat.GreetingHeaderBytes
                || HandshakeFormat.ReadGreeting(bytes, out _) is null);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Every_flipped_bit_of_an_answer_is_noticed()
    {
        var bytes = HandshakeFormat.WriteAnswer(HandshakeStatus.Welcome, 77);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(HandshakeFormat.TryReadAnswer(bytes, out _, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData("10.0.0.7:9700", "10.0.0.7", 9700)]
    [InlineData("metadata-0.metadata:7101", "metadata-0.metadata", 7101)]
    [InlineData("[::1]:7101", "::1", 7101)]
    public void An_address_has_a_host_and_a_port(string text, string host, int port)
    {
        Assert.True(HostAndPort.TryParse(text, out var address));

        Assert.Equal(new HostAndPort(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":7101")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host: 1")]
    [InlineData("a host:1")]
    [InlineData("::1:7101")]
    [InlineData("[]:7101")]
    public void Anything_else_is_no_address(string text) => Assert.False(HostAndPort.TryParse(text, out _));
}
