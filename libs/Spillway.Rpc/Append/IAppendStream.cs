namespace Spillway.Rpc.Append;

/// <summary>
/// An ordered stream of appends to one WAL writer. Appends take effect in the order of the calls, which may come from any thread
/// and do not wait for each other's results. Once one has failed through no fault of its own, none behind it takes effect unless
/// that one did.
/// </summary>
public interface IAppendStream : IAsyncDisposable
{
    /// <summary>
    /// True once the stream can take no more: every further append fails at once, and the caller opens another stream.
    /// </summary>
    bool IsBroken { get; }

    /// <summary>
    /// Whether there is somebody at the other end who takes appends: a stream that was only just opened may turn out to be broken.
    /// </summary>
    bool IsConnected => !IsBroken;

    /// <summary>
    /// Waits until there is room for a request of that size, before it is read into memory; what is then appended names the bytes in
    /// <see cref="AppendRequest.ReservedBytes"/>. One at a time, by who reads requests off a connection; what is not appended in the
    /// end is given back when the stream is disposed. False: the stream is broken.
    /// </summary>
    ValueTask<bool> ReserveAsync(int lengthBytes, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    /// <summary>
    /// Appends; the observer is told when the block that holds the batches is flushed and committed, or has failed. What nobody
    /// knows the outcome of is a retriable error, never an exception. Nobody is kept waiting: a caller that gives up its wait
    /// ignores the observer's call.
    /// </summary>
    /// <param name="request">Its object is the caller's again on return, its memory is the owner's.</param>
    /// <param name="observer">Told of the end.</param>
    void Append(AppendRequest request, IAppendObserver observer);
}
