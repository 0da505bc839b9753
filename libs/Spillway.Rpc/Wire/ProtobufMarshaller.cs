using System.Buffers;
using Google.Protobuf;

namespace Spillway.Rpc;

/// <summary>Marshals a generated Google.Protobuf class.</summary>
internal sealed class ProtobufMarshaller<T> : IRpcMarshaller<T> where T : IMessage<T>, new()
{
    public static ProtobufMarshaller<T> Instance { get; } = new();

    private readonly MessageParser<T> _parser = new(static () => new T());

    public int GetLengthBytes(T message) => message.CalculateSize();

    public void Write(T message, IBufferWriter<byte> output) => message.WriteTo(output);

    public T Read(in ReadOnlySequence<byte> message)
    {
        try
        {
            return _parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(RpcStatusCode.Internal, $"Malformed {typeof(T).Name}.", e);
        }
    }
}
