using System.Buffers;
using Spillway.Rpc.Contracts;

namespace Spillway.Rpc.Commit;

/// <summary>A commit stream to metadata in another process. It connects as it is used, and breaks for whatever reason the call does.</summary>
internal sealed class RemoteCommitStream : ICommitStream
{
    private readonly RawDuplexCall _call;
    private readonly ICommitObserver _observer;
    private readonly CancellationToken _lost;
    private readonly Action<RpcException> _failed;
    private readonly Task _reading;

    /// <summary>Opens a stream.</summary>
    /// <param name="channel">To metadata's leader; outlives the stream.</param>
    /// <param name="observer">Told of the answers.</param>
    /// <param name="failed">Told why the stream broke, before the observer is.</param>
    /// <param name="lost">Cancelled when another node leads.</param>
    public RemoteCommitStream(
        RpcChannel channel, ICommitObserver observer, Action<RpcException> failed, CancellationToken lost)
    {
        _observer = observer;
        _lost = lost;
        _failed = failed;
        _call = channel.OpenRawDuplex(WalCommitMethods.CommitBlocks, lost);
        _reading = ReadAsync();
    }

    /// <inheritdoc/>
    public void Commit(ReadOnlySpan<byte> request) => _call.Write(request);

    /// <summary>Ends the stream; what was not answered has an unknown outcome.</summary>
    public async ValueTask DisposeAsync()
    {
        _call.Cancel();
        await _reading;
        await _call.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        // Never within the constructor: whoever opens the stream has it before it hears of it.
        await Task.Yield();
        var failure = new RpcException(RpcStatusCode.Unavailable, "Metadata ended the stream.");
        try
        {
            while (await _call.ReadAsync())
            {
                var message = _call.Current;
                _observer.OnAnswered(CommitReplyFormat.Read(message.IsSingleSegment ? message.FirstSpan : message.ToArray()));
            }
        }
        catch (RpcException e)
        {
            failure = e;
        }
        catch (OperationCanceledException) when (_lost.IsCancellationRequested)
        {
            failure = new RpcException(RpcStatusCode.Unavailable, "Another metadata node leads now.");
        }
        catch (Exception e)
        {
            failure = new RpcException(RpcStatusCode.Unknown, e.Message, e);
        }
        _call.Cancel();
        _failed(failure);
        _observer.OnBroken(failure);
    }
}
