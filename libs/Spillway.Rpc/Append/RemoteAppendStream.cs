using System.Buffers;
using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Append;

/// <summary>
/// An append stream to a writer in another process. It connects as it is used. Once the stream breaks, for whatever reason, every
/// append that was not answered has an unknown outcome and ends with <see cref="ErrorCode.KafkaStorageError"/>, which
/// clients retry; so does every later one. The owner disposes it and opens another. Thread-safe.
/// </summary>
public sealed class RemoteAppendStream : IAppendStream
{
    private readonly RawDuplexCall _call;
    private readonly Task _reading;

    // Guards what follows, and makes the order of ids the order on the wire.
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, PendingAppend> _pending = [];
    private ulong _lastId;
    private RpcException? _failure;

    /// <summary>Opens a stream over a channel, which outlives it.</summary>
    /// <param name="channel">The channel to the writer.</param>
    /// <param name="clientName">Who appends: printable ASCII.</param>
    public RemoteAppendStream(RpcChannel channel, string clientName)
    {
        ArgumentNullException.ThrowIfNull(channel);
        var headers = new RpcMetadata();
        headers.Add(WalAppendMethod.ClientNameHeader, clientName);
        _call = channel.OpenRawDuplex(WalAppendMethod.Append, CancellationToken.None, headers);
        _reading = ReadRepliesAsync();
    }

    /// <summary>Why the stream is broken; null while it is not.</summary>
    public RpcException? Failure
    {
        get
        {
            lock (_lock)
            {
                return _failure;
            }
        }
    }

    /// <inheritdoc/>
    public bool IsBroken => Failure is not null;

    /// <inheritdoc/>
    public ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        }
        var pending = new PendingAppend(request.Batches.Count);
        lock (_lock)
        {
            if (_failure is not null)
            {
                return ValueTask.FromResult(AppendResult.Failed(ErrorCode.KafkaStorageError));
            }
            request.Owner.AddRef();
            _pending.Add(++_lastId, pending);
            Write(_lastId, request);
        }
        return new ValueTask<AppendResult>(pending.Task.WaitAsync(cancellationToken));
    }

    /// <summary>Ends the stream; appends that are not answered end with an unknown outcome.</summary>
    public async ValueTask DisposeAsync()
    {
        _call.Cancel();
        await _reading;
        await _call.DisposeAsync();
    }

    private void Write(ulong id, AppendRequest request)
    {
        var headerBytes = AppendRequestFormat.GetHeaderBytes(id, request);
        var rented = headerBytes > 1024 ? ArrayPool<byte>.Shared.Rent(headerBytes) : null;
        var header = rented is null ? stackalloc byte[headerBytes] : rented.AsSpan(0, headerBytes);
        AppendRequestFormat.WriteHeader(id, request, header);
        var payload = new ReadOnlyMemory<byte>[request.Batches.Count];
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] = request.Batches[i].Batch;
        }
        _call.Write(header, payload, request.Owner);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private async Task ReadRepliesAsync()
    {
        var failure = new RpcException(RpcStatusCode.Unavailable, "The writer ended the stream.");
        try
        {
            while (await _call.ReadAsync())
            {
                Complete(_call.Current);
            }
        }
        catch (RpcException e)
        {
            failure = e;
        }
        catch (Exception e)
        {
            failure = new RpcException(RpcStatusCode.Unknown, e.Message, e);
        }
        Fail(failure);
        // What is still queued or being written goes back to its owners now, not when the stream is disposed.
        _call.Cancel();
    }

    private void Complete(in ReadOnlySequence<byte> message)
    {
        var (id, result) = message.IsSingleSegment
            ? AppendReplyFormat.Read(message.FirstSpan)
            : AppendReplyFormat.Read(message.ToArray());
        PendingAppend? pending;
        lock (_lock)
        {
            _pending.Remove(id, out pending);
        }
        if (pending is null || (result.Error == ErrorCode.None && result.Batches.Count != pending.BatchCount))
        {
            // Give it its unknown outcome like the others: it is no longer among them.
            pending?.Complete(AppendResult.Failed(ErrorCode.KafkaStorageError));
            throw new RpcException(RpcStatusCode.Internal, $"The reply {id} does not answer an append.");
        }
        pending.Complete(result);
    }

    private void Fail(RpcException failure)
    {
        PendingAppend[] unanswered;
        lock (_lock)
        {
            _failure = failure;
            unanswered = [.. _pending.Values];
            _pending.Clear();
        }
        foreach (var pending in unanswered)
        {
            pending.Complete(AppendResult.Failed(ErrorCode.KafkaStorageError));
        }
    }
}
