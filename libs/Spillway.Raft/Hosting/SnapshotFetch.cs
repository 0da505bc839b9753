using Microsoft.Extensions.Logging;
using Spillway.Raft.Snapshots;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Gets a snapshot from another node: into a file of a temporary name, verified wholly and flushed beside the log's thread;
/// what becomes of it is decided there. One at a time. Owned by the log's thread, except for the file while it fills.
/// </summary>
internal sealed partial class SnapshotFetch(
    SnapshotStore store,
    IRaftTransport transport,
    Func<Action, Task> runAside,
    Action<Action> post,
    Action<SnapshotHeader> fetched,
    ReplicatedLogMetrics metrics,
    TimeProvider time,
    ILogger logger,
    HostRules rules)
{
    private Fetch? _current;
    private bool _stopped;

    /// <summary>The core wants a snapshot. One that is on its way from the same node will do; another node's is given up.</summary>
    public void Want(ulong from, SnapshotId id)
    {
        if (_stopped)
        {
            return;
        }

        if (_current is { } current)
        {
            if (current.From != from)
            {
                current.Cancellation.Cancel();
            }

            return;
        }

        var file = new SnapshotFetchStream(store.CreateFetched());
        var fetch = new Fetch(from, time.GetTimestamp(), file);
        _current = fetch;
        Log.Begun(logger, from, id.Index);
        Task task;
        try
        {
            task = transport.FetchSnapshotAsync(from, id, file, fetch.Cancellation.Token);
        }
        catch (Exception exception) // as if the task had it
        {
            task = Task.FromException(exception);
        }

        _ = task.ContinueWith(
            ended =>
            {
                fetch.File.Dispose();
                post(() => Received(fetch, ended.Exception?.InnerException, ended.IsCanceled));
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Gives up what is under way.</summary>
    public void Stop()
    {
        _stopped = true;
        _current?.Cancellation.Cancel();
    }

    private void Received(Fetch fetch, Exception? failure, bool cancelled)
    {
        if (failure is not null || cancelled || _stopped)
        {
            Failed(fetch, failure?.Message ?? "given up");
            return;
        }

        _ = runAside(() => Verify(fetch));
    }

    private void Verify(Fetch fetch)
    {
        SnapshotHeader? header = null;
        string reason;
        try
        {
            header = store.VerifyFetched(rules.ChecksFetched, out reason);
        }
        catch (IOException exception) // the file is thrown away, and with it what a failed flush may have left of it
        {
            reason = exception.Message;
        }

        post(() => Verified(fetch, header, reason));
    }

    private void Verified(Fetch fetch, SnapshotHeader? header, string reason)
    {
        if (header is null || _stopped)
        {
            Failed(fetch, reason);
            return;
        }

        metrics.SnapshotFetched(time.GetElapsedTime(fetch.BegunTimestamp), header.ContentBytes);

        // Still this one's file: who installs it lets the core go on first, and that may want the next snapshot.
        fetched(header);
        End(fetch);
    }

    private void Failed(Fetch fetch, string reason)
    {
        End(fetch);
        store.DeleteFetched();
        metrics.SnapshotFetchFailed();
        Log.Failed(logger, fetch.From, reason);
    }

    private void End(Fetch fetch)
    {
        fetch.Cancellation.Dispose();
        _current = null;
    }

    private sealed record Fetch(ulong From, long BegunTimestamp, SnapshotFetchStream File)
    {
        public CancellationTokenSource Cancellation { get; } = new();
    }

    private static partial class Log
    {
        [LoggerMessage(8, LogLevel.Information, "Fetching snapshot {Index} or a newer one from node {From}.")]
        public static partial void Begun(ILogger logger, ulong from, ulong index);

        [LoggerMessage(9, LogLevel.Warning, "The snapshot from node {From} could not be had: {Reason}. It will be offered again.")]
        public static partial void Failed(ILogger logger, ulong from, string reason);
    }
}
