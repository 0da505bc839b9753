using System.Buffers;
using System.Runtime.InteropServices;
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
    private readonly Dictionary<ulong, Pending> _pending = [];
    private ulong _lastId;
    private RpcException? _failure;

    // The reading task's own.
    private readonly List<BatchAppendResult> _results = [];
    private readonly List<IAppendObserver> _settling = [];

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
    public bool IsConnected => _call.IsAnswered && !IsBroken;

    /// <inheritdoc/>
    public void Append(AppendRequest request, IAppendObserver observer)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(observer);
        lock (_lock)
        {
            if (_failure is null)
            {
                request.Owner.AddRef();
                _pending.Add(++_lastId, new Pending(observer, request.Batches.Count));
                Write(_lastId, request);
                return;
            }
        }
        observer.OnAppended(ErrorCode.KafkaStorageError, []);
        observer.OnSettled();
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
            while (await ReadAsync())
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

    // Before it waits it settles what came in one go.
    private ValueTask<bool> ReadAsync()
    {
        var reading = _call.ReadAsync();
        if (!reading.IsCompleted)
        {
            Settle();
        }
        return reading;
    }

    private void Complete(in ReadOnlySequence<byte> message)
    {
        _results.Clear();
        var (id, error) = message.IsSingleSegment
            ? AppendReplyFormat.Read(message.FirstSpan, _results)
            : AppendReplyFormat.Read(message.ToArray(), _results);
        Pending pending;
        lock (_lock)
        {
            _pending.Remove(id, out pending);
        }
        var fits = error != ErrorCode.None || _results.Count == pending.BatchCount;
        if (pending.Observer is { } observer)
        {
            // One whose reply does not fit gets its unknown outcome like the others: it is no longer among them.
            observer.OnAppended(
                fits ? error : ErrorCode.KafkaStorageError,
                fits && error == ErrorCode.None ? CollectionsMarshal.AsSpan(_results) : []);
            _settling.Add(observer);
        }
        if (!fits || pending.Observer is null)
        {
            throw new RpcException(RpcStatusCode.Internal, $"The reply {id} does not answer an append.");
        }
    }

    private void Fail(RpcException failure)
    {
        Pending[] unanswered;
        lock (_lock)
        {
            _failure = failure;
            unanswered = [.. _pending.OrderBy(pending => pending.Key).Select(pending => pending.Value)];
            _pending.Clear();
        }
        foreach (var pending in unanswered)
        {
            pending.Observer!.OnAppended(ErrorCode.KafkaStorageError, []);
            _settling.Add(pending.Observer);
        }
        Settle();
    }

    private void Settle()
    {
        foreach (var observer in _settling)
        {
            observer.OnSettled();
        }
        _settling.Clear();
    }

    private readonly record struct Pending(IAppendObserver? Observer, int BatchCount);
}
