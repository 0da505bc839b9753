using System.Buffers;
using System.Buffers.Binary;

namespace Spillway.Rpc;

/// <summary>What precedes each message on a gRPC stream: <c>compressed:uint8 length:uint32 (big-endian)</c>.</summary>
internal static class MessagePrefix
{
    public const int LengthBytes = 5;

    public static void Write(Span<byte> destination, int messageLengthBytes)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)messageLengthBytes);
    }

    /// <summary>
    /// Reads the prefix and checks it before anything is rented for the message. False: not all of it is here yet.
    /// </summary>
    public static bool TryRead(
        in ReadOnlySequence<byte> buffer, int messageBytesMax, string? encoding, out int messageLengthBytes)
    {
        messageLengthBytes = 0;
        if (buffer.Length < LengthBytes)
        {
            return false;
        }
        Span<byte> prefix = stackalloc byte[LengthBytes];
        buffer.Slice(0, LengthBytes).CopyTo(prefix);
        if (prefix[0] != 0)
        {
            throw RefuseCompressed(prefix[0], encoding);
        }
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > messageBytesMax)
        {
            throw new RpcException(RpcStatusCode.ResourceExhausted,
                $"A message of {length} bytes is larger than the limit of {messageBytesMax}.");
        }
        messageLengthBytes = (int)length;
        return true;
    }

    // grpc/grpc doc/compression.md: compressed without an encoding is the sender's bug; with one that is not ours, Unimplemented.
    private static RpcException RefuseCompressed(byte flag, string? encoding)
    {
        if (flag != 1)
        {
            return new(RpcStatusCode.Internal, "The compressed flag of a message is neither 0 nor 1.");
        }
        return encoding is null or "" or GrpcHeaders.Identity
            ? new(RpcStatusCode.Internal, "A message is marked compressed, but no grpc-encoding was given.")
            : new(RpcStatusCode.Unimplemented, $"The encoding '{GrpcMessageText.Encode(encoding)}' is not supported.");
    }
}
