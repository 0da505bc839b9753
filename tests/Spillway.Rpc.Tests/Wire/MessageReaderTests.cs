using System.Buffers;
using System.IO.Pipelines;

namespace Spillway.Rpc.Tests.Wire;

public class MessageReaderTests
{
    private static readonly byte[][] Messages = [[], [1], [2, 3, 4], [.. Enumerable.Range(0, 40).Select(i => (byte)i)]];

    [Fact]
    public async Task Messages_are_read_whole_whatever_the_split_of_their_bytes()
    {
        var bytes = Frame(Messages);
        for (var split = 0; split <= bytes.Length; split++)
        {
            for (var second = split; second <= bytes.Length; second++)
            {
                var pipe = new Pipe();
                var writing = WriteAsync(pipe.Writer, bytes[..split], bytes[split..second], bytes[second..]);
                var reader = new MessageReader(pipe.Reader, 1000, null);
                foreach (var message in Messages)
                {
                    Assert.True(await reader.MoveNextAsync(TestContext.Current.CancellationToken));
                    Assert.Equal(message, reader.Current.ToArray());
                }
                Assert.False(await reader.MoveNextAsync(TestContext.Current.CancellationToken));
                await writing;
            }
        }
    }

    [Fact]
    public async Task A_stream_that_ends_inside_a_message_is_Internal_at_every_such_point()
    {
        var bytes = Frame([[1, 2, 3, 4]]);
        for (var length = 1; length < bytes.Length; length++)
        {
            var reader = new MessageReader(PipeReader.Create(new MemoryStream(bytes[..length])), 1000, null);

            var failure = await Assert.ThrowsAsync<RpcException>(
                async () => await reader.MoveNextAsync(TestContext.Current.CancellationToken));

            Assert.Equal(RpcStatusCode.Internal, failure.Code);
        }
    }

    [Theory]
    [InlineData(0, 11, null, RpcStatusCode.ResourceExhausted)]
    [InlineData(0, uint.MaxValue, null, RpcStatusCode.ResourceExhausted)]
    [InlineData(1, 3, null, RpcStatusCode.Internal)]
    [InlineData(1, 3, "identity", RpcStatusCode.Internal)]
    [InlineData(1, 3, "gzip", RpcStatusCode.Unimplemented)]
    [InlineData(2, 3, null, RpcStatusCode.Internal)]
    public async Task A_bad_prefix_is_refused_before_its_message_is_waited_for(
        byte flag, uint length, string? encoding, RpcStatusCode expected)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(
            new[] { flag, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length },
            TestContext.Current.CancellationToken);
        var reader = new MessageReader(pipe.Reader, 10, encoding);

        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await reader.MoveNextAsync(TestContext.Current.CancellationToken));

        Assert.Equal(expected, failure.Code);
    }

    private static byte[] Frame(byte[][] messages)
    {
        var bytes = new MemoryStream();
        var prefix = new byte[MessagePrefix.LengthBytes];
        foreach (var message in messages)
        {
            MessagePrefix.Write(prefix, message.Length);
            bytes.Write(prefix);
            bytes.Write(message);
        }
        return bytes.ToArray();
    }

    private static async Task WriteAsync(PipeWriter output, params byte[][] parts)
    {
        foreach (var part in parts)
        {
            await output.WriteAsync(part, TestContext.Current.CancellationToken);
            await Task.Yield();
        }
        await output.CompleteAsync();
    }
}
