using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects;

public sealed class PayloadStreamTests
{
    [Fact]
    public void A_payload_can_be_read_again_from_any_place()
    {
        var bytes = Enumerable.Range(0, 100).Select(i => (byte)i).ToArray();
        using var stream = ObjectPayload.FromPieces([bytes.AsMemory(0, 10), default, bytes.AsMemory(10, 5), bytes.AsMemory(15)]).OpenRead();

        Assert.Equal(bytes, ReadAll(stream));
        stream.Position = 0;
        Assert.Equal(bytes, ReadAll(stream));
        for (var i = 0; i <= bytes.Length; i++)
        {
            stream.Seek(i, SeekOrigin.Begin);
            Assert.Equal(bytes[i..], ReadAll(stream));
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy, 7);
        return copy.ToArray();
    }
}
