using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Chaos.Clients;

/// <summary>
/// One connection to a broker. Requests go out in the order of the calls without waiting for each other; answers come in that order. A
/// request that is not answered in time ends the connection, as in librdkafka: what comes behind it could not be told apart.
/// </summary>
internal sealed class KafkaConnection : IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(3);

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly Lock _lock = new(); // guards what follows
    private readonly Queue<(int CorrelationId, Action<byte[]?> Answered)> _waiting = [];
    private readonly ArrayBufferWriter<byte> _outgoing = new();
    private readonly string _clientId;
    private bool _isSending;
    private bool _isClosed;
    private int _correlationId;

    private KafkaConnection(string clientId) => _clientId = clientId;

    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return !_isClosed;
            }
        }
    }

    /// <exception cref="NoAnswerException">Nobody is there.</exception>
    public static async Task<KafkaConnection> OpenAsync(BrokerAddress address, string clientId, CancellationToken cancellationToken)
    {
        var connection = new KafkaConnection(clientId);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ConnectTime);
        try
        {
            await connection._client.ConnectAsync(address.Host, address.Port, deadline.Token);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            connection.Dispose();
            throw new NoAnswerException(NoAnswerException.Disconnect, e);
        }

        _ = Task.Run(connection.ReceiveAsync, CancellationToken.None);
        return connection;
    }

    /// <exception cref="NoAnswerException">No answer came within the time, or the connection ended.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        ApiKey apiKey, short version, IKafkaRequest request, ReadMessage<TResponse> read, TimeSpan time)
    {
        var answer = new TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(apiKey, version, request, frame => answer.TrySetResult(frame));
        byte[]? frame;
        try
        {
            frame = await answer.Task.WaitAsync(time);
        }
        catch (TimeoutException e)
        {
            Dispose();
            throw new NoAnswerException(NoAnswerException.Timeout, e);
        }

        return frame is null ? throw new NoAnswerException(NoAnswerException.Disconnect) : Decode(frame, apiKey, version, read);
    }

    /// <summary>
    /// Sends a request. Its answer, or null once the connection has ended, is given in the order of the requests, on whatever thread: who
    /// relies on that order must not lose it again.
    /// </summary>
    public void Send(ApiKey apiKey, short version, IKafkaRequest request, Action<byte[]?> answered)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                _waiting.Enqueue((++_correlationId, answered));
                RequestFrame.Write(_outgoing, apiKey, version, _correlationId, _clientId, request);
                if (!_isSending)
                {
                    _isSending = true;
                    _ = Task.Run(SendAsync, CancellationToken.None);
                }

                return;
            }
        }

        answered(null);
    }

    public static TResponse Decode<TResponse>(byte[] frame, ApiKey apiKey, short version, ReadMessage<TResponse> read)
    {
        var reader = new WireReader(frame);
        _ = ResponseFrame.ReadHeader(ref reader, apiKey, version);
        return read(ref reader, version);
    }

    /// <summary>Ends the connection; what has no answer gets none, in order.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _client.Dispose();
            while (_waiting.TryDequeue(out var waiting))
            {
                waiting.Answered(null);
            }
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (TakeOutgoing() is { } bytes)
            {
                await _client.GetStream().WriteAsync(bytes);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            Dispose();
        }
    }

    private byte[]? TakeOutgoing()
    {
        lock (_lock)
        {
            if (_outgoing.WrittenCount == 0)
            {
                _isSending = false;
                return null;
            }

            var bytes = _outgoing.WrittenSpan.ToArray();
            _outgoing.ResetWrittenCount();
            return bytes;
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            var stream = _client.GetStream();
            var length = new byte[4];
            while (true)
            {
                await stream.ReadExactlyAsync(length);
                var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
                await stream.ReadExactlyAsync(frame);
                Complete(frame);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            Dispose();
        }
    }

    private void Complete(byte[] frame)
    {
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out var waiting))
            {
                return; // The connection was given up at this moment.
            }

            var correlationId = BinaryPrimitives.ReadInt32BigEndian(frame);
            if (correlationId != waiting.CorrelationId)
            {
                throw new InvalidOperationException($"the answer to {correlationId} came in the place of {waiting.CorrelationId}");
            }

            waiting.Answered(frame);
        }
    }
}
