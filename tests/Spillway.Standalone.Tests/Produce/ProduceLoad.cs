using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Standalone.Tests.Produce;

/// <summary>
/// One connection that sends the same produce again and again, some in flight, and allocates nothing while it does. Used by one thread.
/// </summary>
internal sealed class ProduceLoad : IDisposable
{
    private const short ProduceVersion = 9;
    private const short CreateTopicsVersion = 5;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[64 << 10]; // a topic is answered with all its configs
    private readonly byte[] _produce;
    private readonly int _inFlightMax;

    public ProduceLoad(int port, string topic, byte[] batch, int inFlightMax)
    {
        _inFlightMax = inFlightMax;
        _socket.Connect(IPAddress.Loopback, port);
        var creation = new CreateTopicsRequest { TimeoutMs = 30_000 };
        creation.Topics.Add(new() { Name = topic, NumPartitions = 1, ReplicationFactor = -1 });
        Send(FrameOf(ApiKey.CreateTopics, CreateTopicsVersion, creation));
        var created = new WireReader(Receive().ToArray());
        ResponseFrame.ReadHeader(ref created, ApiKey.CreateTopics, CreateTopicsVersion);
        Assert.Equal(ErrorCode.None, (ErrorCode)CreateTopicsResponse.Read(ref created, CreateTopicsVersion).Topics[0].ErrorCode);

        var request = new ProduceRequest { Acks = -1, TimeoutMs = 30_000 };
        var data = new ProduceRequest.TopicProduceData { Name = topic };
        data.PartitionData.Add(new() { Records = new ReadOnlySequence<byte>(batch) });
        request.TopicData.Add(data);
        _produce = FrameOf(ApiKey.Produce, ProduceVersion, request);
    }

    /// <summary>Produces so many times, and gives the base offset that the last one got.</summary>
    public long Run(int count)
    {
        for (var sent = 0; sent < Math.Min(_inFlightMax, count); sent++)
        {
            Send(_produce);
        }

        ReadOnlySpan<byte> answer = [];
        for (var answered = 1; answered <= count; answered++)
        {
            answer = Receive();
            if (answered + _inFlightMax <= count)
            {
                Send(_produce);
            }
        }

        var reader = new WireReader(answer.ToArray());
        ResponseFrame.ReadHeader(ref reader, ApiKey.Produce, ProduceVersion);
        var partition = ProduceResponse.Read(ref reader, ProduceVersion).Responses[0].PartitionResponses[0];
        Assert.Equal(ErrorCode.None, (ErrorCode)partition.ErrorCode);
        return partition.BaseOffset;
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] FrameOf(ApiKey key, short version, IKafkaRequest request)
    {
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, key, version, 1, "load", request);
        return frame.WrittenSpan.ToArray();
    }

    private void Send(ReadOnlySpan<byte> frame)
    {
        while (!frame.IsEmpty)
        {
            frame = frame[_socket.Send(frame)..];
        }
    }

    private ReadOnlySpan<byte> Receive()
    {
        Receive(_answer.AsSpan(0, 4));
        var answer = _answer.AsSpan(0, BinaryPrimitives.ReadInt32BigEndian(_answer));
        Receive(answer);
        return answer;
    }

    private void Receive(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var read = _socket.Receive(destination);
            Assert.True(read > 0, "The broker hung up.");
            destination = destination[read..];
        }
    }
}
