using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Spillway.Rpc.Commit;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// The metadata service as its callers reach it: some addresses, one of which leads. Calls go to the leader; who that is, nodes
/// that do not lead say, and <see cref="LeaderWatch"/> asks. A call that may be made again is, for a few seconds, so that a
/// change of leaders is a delay and not a failure. Thread-safe; one a process.
/// </summary>
public sealed partial class MetadataChannels : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan BackoffFirst = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromMilliseconds(200);

    /// <summary>More nodes than a group has, and few enough to ask all of them.</summary>
    private const int AddressesMax = 16;

    private readonly Func<Uri, RpcChannel> _open;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LeaderWatch _watch;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly List<Uri> _configured;
    private readonly Dictionary<Uri, RpcChannel> _channels = [];
    private LeaderTarget _target;
    private TaskCompletionSource _changed = NewSignal();
    private bool _disposed;

    /// <summary>Takes the first address for the leader until it is told otherwise, and begins to look.</summary>
    /// <param name="addresses">One or more nodes; the others are learnt from them.</param>
    /// <param name="open">Makes a channel, which is then owned here.</param>
    /// <param name="time">Measures patience.</param>
    /// <param name="logger">Where a change of leaders is told.</param>
    public MetadataChannels(
        IReadOnlyList<Uri> addresses, Func<Uri, RpcChannel> open, TimeProvider time, ILogger<MetadataChannels> logger)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count);
        _open = open;
        _time = time;
        _logger = logger;
        _configured = [.. addresses.Distinct()];
        foreach (var address in _configured)
        {
            _channels.Add(address, open(address));
        }

        _target = new LeaderTarget(_channels[_configured[0]], 0);
        _watch = new LeaderWatch(this, time);
    }

    /// <summary>How long a call that may be made again is made again. By default longer than an election, shorter than callers wait.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Where calls go at the moment.</summary>
    public Uri Leader => Target.Address;

    /// <summary>Where the metadata service may be asked, as far as it is known.</summary>
    public IReadOnlyList<Uri> Addresses
    {
        get
        {
            lock (_lock)
            {
                return [.. _channels.Keys];
            }
        }
    }

    internal LeaderTarget Target
    {
        get
        {
            lock (_lock)
            {
                return _target;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Stop();
        DisposeChannels();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        DisposeChannels();
    }

    /// <summary>
    /// One request, one response, from the leader. <paramref name="repeating"/> is told, before the request is sent again, how long after the
    /// first time that is; it may change the request.
    /// </summary>
    internal async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        TRequest request,
        CallRule rule,
        CancellationToken cancellationToken,
        TimeSpan? deadline = null,
        Action<TimeSpan>? repeating = null)
    {
        var started = _time.GetTimestamp();
        long? failedAt = null; // the first time: patience is for the change of leaders, not for a call that takes long
        for (var backoff = BackoffFirst; ; backoff = backoff * 2 < BackoffMax ? backoff * 2 : BackoffMax)
        {
            var target = Target;
            try
            {
                return await CallAsync(target, method, request, deadline, cancellationToken);
            }
            catch (RpcException failure)
            {
                Learn(target, failure);
                failedAt ??= _time.GetTimestamp();
                if (!MayRepeat(rule, failure) || _time.GetElapsedTime(failedAt.Value) + backoff > Patience)
                {
                    throw;
                }
            }

            await WaitForChangeAsync(target, backoff, cancellationToken);
            repeating?.Invoke(_time.GetElapsedTime(started));
        }
    }

    /// <summary>One request, a stream of responses from the leader; it ends with an exception when leadership moves on.</summary>
    internal async IAsyncEnumerable<TResponse> ServerStreamAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var target = Target;
        using var call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, target.Lost);
        await using var responses =
            target.Channel.ServerStreamAsync(method, request, call.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await MoveNextAsync(target, responses, cancellationToken))
        {
            yield return responses.Current;
        }
    }

    /// <summary>The same with a stream of requests.</summary>
    internal async IAsyncEnumerable<TResponse> DuplexAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        IAsyncEnumerable<TRequest> requests,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var target = Target;
        using var call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, target.Lost);
        await using var responses =
            target.Channel.DuplexAsync(method, requests, call.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await MoveNextAsync(target, responses, cancellationToken))
        {
            yield return responses.Current;
        }
    }

    /// <summary>A stream of block commits to the leader; it breaks when leadership moves on.</summary>
    internal ICommitStream OpenCommitStream(ICommitObserver observer)
    {
        var target = Target;
        return new RemoteCommitStream(target.Channel, observer, failure => Learn(target, failure), target.Lost);
    }

    private async ValueTask<bool> MoveNextAsync<T>(
        LeaderTarget target, IAsyncEnumerator<T> responses, CancellationToken cancellationToken)
    {
        try
        {
            return await responses.MoveNextAsync();
        }
        catch (OperationCanceledException) when (target.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(RpcStatusCode.Unavailable, "Another metadata node leads now.");
        }
        catch (RpcException failure)
        {
            Learn(target, failure);
            throw;
        }
    }

    private static async Task<TResponse> CallAsync<TRequest, TResponse>(
        LeaderTarget target,
        RpcMethod<TRequest, TResponse> method,
        TRequest request,
        TimeSpan? deadline,
        CancellationToken cancellationToken)
    {
        using var call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, target.Lost);
        try
        {
            return await target.Channel.UnaryAsync(method, request, call.Token, deadline);
        }
        catch (OperationCanceledException) when (target.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(
                RpcStatusCode.DeadlineExceeded, "Another metadata node leads now; whether this one carried the call out is not known.");
        }
    }

    private static bool MayRepeat(CallRule rule, RpcException failure) => rule switch
    {
        CallRule.Repeatable => failure.Code is RpcStatusCode.Unavailable or RpcStatusCode.DeadlineExceeded,
        CallRule.IfNotDone => failure.Code == RpcStatusCode.Unavailable && (NotLeader.Find(failure) is not null
            || failure.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }),
        _ => false,
    };

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
