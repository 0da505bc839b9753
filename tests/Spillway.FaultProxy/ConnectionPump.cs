using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Spillway.FaultProxy;

/// <summary>
/// One direction of one connection: reads from one socket, keeps what was read for as long as the conditions say, writes it to the other.
/// On a plain wire the reader writes by itself; the writer behind the queue works only while something has to wait.
/// </summary>
internal sealed class ConnectionPump
{
    private const int ReadBytes = 64 << 10;

    private readonly Channel<Parcel> _parcels = Channel.CreateUnbounded<Parcel>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly Channel<bool> _room = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly TaskCompletionSource _hole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket _from;
    private readonly Socket _to;
    private readonly LinkDirection _direction;
    private readonly FaultProxyOptions _options;
    private readonly double _latencyShare;
    private readonly Random _jitter;
    private readonly Action _reset;
    private long _waitingBytes;
    private int _waitingParcels;

    public ConnectionPump(
        Socket from, Socket to, LinkDirection direction, FaultProxyOptions options, double latencyShare, int seed, Action reset)
    {
        (_from, _to, _direction, _options) = (from, to, direction, options);
        (_latencyShare, _reset) = (latencyShare, reset);
        _jitter = new Random(seed);
    }

    /// <summary>Ends when the sender's end has been passed on, or with the connection.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var both = Task.WhenAll(ReadAsync(cancellationToken), WriteAsync(cancellationToken));
        if (await Task.WhenAny(both, _hole.Task) == both && !_hole.Task.IsCompleted)
        {
            await both;
            return;
        }

        // Bytes or an end got lost: a receiver that is still there learns of it as soon as the way is free.
        await UntilPassingAsync(cancellationToken);
        _reset();
        await both;
    }

    /// <summary>After the end of <see cref="RunAsync"/>: what was still on its way is nowhere now.</summary>
    public void Abandon() => CountWaiting(-Interlocked.Read(ref _waitingBytes));

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // An idle connection holds no buffer.
            if (await ReceiveAsync(Memory<byte>.Empty, cancellationToken) == Parcel.Reset)
            {
                Enqueue(new Parcel([], Parcel.Reset, _options.Time.GetTimestamp(), 0));
                break;
            }

            var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
            var count = await ReceiveAsync(buffer, cancellationToken);
            if (count > 0 && Volatile.Read(ref _waitingParcels) == 0 && !_hole.Task.IsCompleted && _direction.Conditions.IsPlain)
            {
                var isSent = await SendAsync(buffer.AsMemory(0, count), cancellationToken);
                ArrayPool<byte>.Shared.Return(buffer);
                if (!isSent)
                {
                    break;
                }

                continue;
            }

            Enqueue(new Parcel(buffer, count, _options.Time.GetTimestamp(), _jitter.NextDouble()));
            if (count <= 0)
            {
                break;
            }

            while (Interlocked.Read(ref _waitingBytes) > _options.WaitingBytesMax)
            {
                await _room.Reader.ReadAsync(cancellationToken);
            }
        }

        _parcels.Writer.TryComplete();
    }

    private void Enqueue(Parcel parcel)
    {
        CountWaiting(parcel.Bytes);
        Interlocked.Increment(ref _waitingParcels);
        _parcels.Writer.TryWrite(parcel);
    }

    private void CountWaiting(long bytes)
    {
        Interlocked.Add(ref _waitingBytes, bytes);
        _direction.CountWaiting(bytes);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await foreach (var parcel in _parcels.Reader.ReadAllAsync(cancellationToken))
        {
            var arrives = await TravelAsync(parcel, cancellationToken);
            if (arrives && !await DeliverAsync(parcel, cancellationToken))
            {
                return;
            }

            if (parcel.Buffer.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(parcel.Buffer);
            }

            CountWaiting(-parcel.Bytes);
            Interlocked.Decrement(ref _waitingParcels);
            _room.Writer.TryWrite(true);
        }
    }

    /// <summary>Waits for as long as the way takes under the conditions as they change; false when the parcel is lost on it.</summary>
    private async ValueTask<bool> TravelAsync(Parcel parcel, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _direction.Changed(out var conditions);
            switch (conditions.Flow)
            {
                case LinkFlow.Drop:
                    _hole.TrySetResult();
                    _direction.CountDropped(parcel.Bytes);
                    return false;
                case LinkFlow.Hold:
                    await changed.WaitAsync(cancellationToken);
                    continue;
                case LinkFlow.Pass when _hole.Task.IsCompleted:
                    return false; // The connection is about to be reset.
            }

            var latency = conditions.Latency + (conditions.Jitter * parcel.JitterShare) + (conditions.ConnectionLatencyMax * _latencyShare);
            var rest = latency - _options.Time.GetElapsedTime(parcel.ReadAt);
            if (rest <= TimeSpan.Zero)
            {
                return true;
            }

            await DelayAsync(rest, changed, cancellationToken);
        }
    }

    private async Task UntilPassingAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _direction.Changed(out var conditions);
            if (conditions.Flow == LinkFlow.Pass)
            {
                return;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private async ValueTask<bool> DeliverAsync(Parcel parcel, CancellationToken cancellationToken)
    {
        switch (parcel.Count)
        {
            case Parcel.Reset:
                _reset();
                return false;
            case Parcel.Closed:
                return EndSending();
        }

        var left = parcel.Buffer.AsMemory(0, parcel.Count);
        while (!left.IsEmpty)
        {
            var slice = left;
            if (_direction.Conditions.BytesPerSecond is { } limit)
            {
                // A tenth of a second at a time, so that a slow wire is slow and not just late.
                slice = left[..(int)Math.Min(left.Length, Math.Max(1, limit / 10))];
                await Task.Delay(WholeMilliseconds(_direction.Reserve(slice.Length, limit)), _options.Time, cancellationToken);
            }

            if (!await SendAsync(slice, cancellationToken))
            {
                return false;
            }

            left = left[slice.Length..];
        }

        return true;
    }

    private async Task DelayAsync(TimeSpan delay, Task changed, CancellationToken cancellationToken)
    {
        using var early = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(WholeMilliseconds(delay), _options.Time, early.Token), changed);
        await early.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Task.Delay cuts off what is below a millisecond; who asks again then would spin.</summary>
    private static TimeSpan WholeMilliseconds(TimeSpan delay) => TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds));

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _from.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return Parcel.Reset;
        }
    }

    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            var left = bytes;
            while (!left.IsEmpty)
            {
                left = left[await _to.SendAsync(left, SocketFlags.None, cancellationToken)..];
            }

            _direction.CountForwarded(bytes.Length);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The receiver is gone; the other pump reads the same news and passes it on.
            return false;
        }
    }

    private bool EndSending()
    {
        try
        {
            _to.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
