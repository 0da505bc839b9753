using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Spillway.Rpc;

/// <summary>
/// One call on the client: the request, its deadline, the responses and the status at the end. Owned by the method of
/// <see cref="RpcChannel"/> that made it. Disposing it before the end resets the stream, which cancels the call on the server.
/// </summary>
internal sealed class ClientCall : IAsyncDisposable
{
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 16 << 10, useZeroByteReads: true);

    private readonly RpcChannel _channel;
    private readonly string _path;
    private readonly TimeSpan? _timeout;
    private readonly CancellationToken _callerToken;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource _call;
    private readonly Lock _lock = new();
    private bool _isDisposed; // under _lock
    private HttpResponseMessage? _response;
    private PipeReader? _input;
    private MessageReader? _reader;

    public ClientCall(RpcChannel channel, string path, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        _channel = channel;
        _path = path;
        _timeout = timeout;
        _callerToken = cancellationToken;
        if (timeout is { } value)
        {
            _deadline = new CancellationTokenSource(value, channel.Options.TimeProvider);
        }
        _call = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, _deadline?.Token ?? CancellationToken.None);
        Ended = _call.Token;
    }

    /// <summary>Cancelled when the call ends in any way: a request stream that still runs then stops.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Why the request stream failed, if it was not the transport.</summary>
    public Exception? RequestFailure { get; set; }

    /// <summary>Sends the request and waits for the response's headers; the request's body may go on after that.</summary>
    public async Task StartAsync(HttpMessageInvoker http, HttpContent content, RpcMetadata? headers)
    {
        var request = CreateRequest(content, headers);
        try
        {
            _response = await http.SendAsync(request, Ended);
        }
        catch (Exception e)
        {
            throw Translate(e);
        }
        if (StatusTranslation.TryRead(_response.Headers, out var failure))
        {
            // "Trailers-Only": there are no messages, whatever the status.
            if (failure is not null)
            {
                throw Translate(failure);
            }
        }
        else
        {
            CheckIsGrpc(_response);
        }
        _input = PipeReader.Create(await _response.Content.ReadAsStreamAsync(CancellationToken.None), ReaderOptions);
        var encoding = _response.Headers.NonValidated.TryGetValues(GrpcHeaders.Encoding, out var values)
            ? values.ToString()
            : null;
        _reader = new MessageReader(_input, _channel.Options.MessageBytesMax, encoding);
    }

    /// <summary>The next response; false when the call ended with Ok, an exception when it ended otherwise.</summary>
    public async ValueTask<bool> MoveNextAsync()
    {
        try
        {
            if (await _reader!.MoveNextAsync(Ended))
            {
                return true;
            }
        }
        catch (Exception e)
        {
            throw Translate(e);
        }
        if (StatusTranslation.TryRead(_response!.TrailingHeaders, out var failure)
            || StatusTranslation.TryRead(_response.Headers, out failure))
        {
            return failure is null ? false : throw Translate(failure);
        }
        throw new RpcException(RpcStatusCode.Internal, "The call ended without a status.");
    }

    /// <summary>The bytes of the response that <see cref="MoveNextAsync"/> moved to; valid until it is called again.</summary>
    public ReadOnlySequence<byte> Current => _reader!.Current;

    public T Read<T>(IRpcMarshaller<T> marshaller) => marshaller.Read(_reader!.Current);

    /// <summary>The response of a call that has one.</summary>
    public async ValueTask<T> ReadSingleAsync<T>(IRpcMarshaller<T> marshaller)
    {
        if (!await MoveNextAsync())
        {
            throw new RpcException(RpcStatusCode.Internal, "The response has no message.");
        }
        var response = Read(marshaller);
        return await MoveNextAsync()
            ? throw new RpcException(RpcStatusCode.Internal, "The response has more than one message.")
            : response;
    }

    /// <summary>Ends the call without waiting for anything; the call is still to be disposed.</summary>
    public void Cancel()
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _call.Cancel();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cancel();
        if (_input is not null)
        {
            await _input.CompleteAsync();
        }
        _response?.Dispose();
        lock (_lock)
        {
            _isDisposed = true;
            _call.Dispose();
        }
        _deadline?.Dispose();
    }

    /// <summary>What the caller is told: its own cancellation, its deadline, the request's failure, or the transport's.</summary>
    public Exception Translate(Exception exception)
    {
        if (_callerToken.IsCancellationRequested)
        {
            return exception is OperationCanceledException e && e.CancellationToken == _callerToken
                ? e
                : new OperationCanceledException("The call was cancelled.", exception, _callerToken);
        }
        if (_deadline is { IsCancellationRequested: true })
        {
            return new RpcException(RpcStatusCode.DeadlineExceeded, "The deadline passed.", exception);
        }
        return RequestFailure switch
        {
            null when exception is OperationCanceledException && Ended.IsCancellationRequested =>
                new RpcException(RpcStatusCode.Cancelled, "The call was ended.", exception),
            null => StatusTranslation.FromTransport(exception),
            RpcException rpc => rpc,
            { } e => new RpcException(RpcStatusCode.Cancelled, "The stream of requests failed: " + e.Message, e),
        };
    }

    private HttpRequestMessage CreateRequest(HttpContent content, RpcMetadata? headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_channel.Address, _path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.Identity);
        if (_timeout is { } timeout)
        {
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(timeout));
        }
        if (headers is not null)
        {
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }
        content.Headers.TryAddWithoutValidation("content-type", GrpcHeaders.ContentType);
        return request;
    }

    private static void CheckIsGrpc(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RpcException(
                StatusTranslation.FromHttpStatus(response.StatusCode), $"HTTP status {(int)response.StatusCode}.");
        }
        var contentType = response.Content.Headers.NonValidated.TryGetValues("content-type", out var values)
            ? values.ToString()
            : null;
        if (!GrpcHeaders.IsGrpcContentType(contentType))
        {
            throw new RpcException(RpcStatusCode.Unknown, $"The answer is '{contentType}', not gRPC.");
        }
    }
}
