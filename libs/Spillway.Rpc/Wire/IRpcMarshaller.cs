using System.Buffers;

namespace Spillway.Rpc;

/// <summary>Turns messages of one type into bytes and back.</summary>
public interface IRpcMarshaller<T>
{
    /// <summary>How many bytes <see cref="Write"/> will write.</summary>
    int GetLengthBytes(T message);

    /// <summary>Writes the message.</summary>
    void Write(T message, IBufferWriter<byte> output);

    /// <summary>
    /// Reads one whole message; the bytes are not valid afterwards. Throws <see cref="RpcException"/> with
    /// <see cref="RpcStatusCode.Internal"/> where they are no such message.
    /// </summary>
    T Read(in ReadOnlySequence<byte> message);
}
