using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Decides when a snapshot is due and sees one through: the image is captured on the log's thread, the file is written
/// on another, and what it makes superfluous is deleted there too. One at a time. Owned by the log's thread, except
/// for <see cref="Write"/>.
/// </summary>
internal sealed class SnapshotCycle(
    SnapshotStore store,
    SegmentedLog log,
    Files.ILogFolder folder,
    IReplicatedStateMachine stateMachine,
    ReplicatedLogOptions options,
    ReplicatedLogMetrics metrics,
    TimeProvider time,
    Func<Action, Task> runAside,
    Action<Action> post) : IDisposable
{
    // A state that has outgrown the byte bound is snapshotted when as much log as state was written, so that
    // snapshots cost at most as much as the log itself; but log and replay stay within this many times the bound.
    private const int StretchMax = 8;

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<TaskCompletionSource> _requests = [];
    private readonly List<TaskCompletionSource> _served = [];
    private Task? _running;
    private ulong _lastIndex;
    private long _lastContentBytes;
    private long _bytesSince;
    private int _entriesSince;
    private bool _demanded;

    /// <summary>Raised on the log's thread: index, bytes, and the failure if there was one.</summary>
    public event Action<ulong, long, Exception?>? Finished;

    /// <summary>A snapshot of another origin is durable and loaded: recovery's, or one that was fetched.</summary>
    public void BeginBehind(ulong index, long contentBytes)
    {
        _lastIndex = index;
        _lastContentBytes = contentBytes;
        (_bytesSince, _entriesSince) = (0, 0);
    }

    public void Count(int payloadBytes)
    {
        _entriesSince++;
        _bytesSince += LogRecord.AlignedBytes(payloadBytes);
    }

    public void Request(TaskCompletionSource request) => _requests.Add(request);

    /// <summary>
    /// A snapshot is due whatever the log's size: the members have changed, and a new one takes no snapshot that does not
    /// name it.
    /// </summary>
    public void Demand() => _demanded = true;

    /// <summary>Captures an image and sets its writing going, when one is due and none is under way.</summary>
    public void StartIfDue(SnapshotId applied, Membership membership)
    {
        if (_running is not null || (_requests.Count == 0 && !_demanded && !IsDue))
        {
            return;
        }

        _served.AddRange(_requests);
        _requests.Clear();
        _demanded = false;
        if (applied.Index == _lastIndex)
        {
            Settle(null);
            return;
        }

        var started = time.GetTimestamp();
        var image = stateMachine.CaptureSnapshot();
        metrics.SnapshotCaptured(time.GetElapsedTime(started));

        // The last snapshot becomes the older of the two kept, so the log is needed from there on only.
        var superfluous = log.TakeUpTo(_lastIndex);
        (_bytesSince, _entriesSince) = (0, 0);
        _running = runAside(() => Write(applied, membership, image, superfluous));
    }

    /// <summary>Breaks a write that is under way off and waits for it; nothing is lost by that.</summary>
    public void Stop(ReplicatedLogException reason)
    {
        _stopping.Cancel();
        _running?.Wait();
        _requests.ForEach(request => request.TrySetException(reason));
        _served.ForEach(request => request.TrySetException(reason));
    }

    public void Dispose() => _stopping.Dispose();

    private bool IsDue
    {
        get
        {
            var stretched = Math.Min(_lastContentBytes, StretchMax * options.SnapshotEveryBytes);
            return (_bytesSince >= options.SnapshotEveryBytes || _entriesSince >= options.SnapshotEveryEntries)
                && _bytesSince >= stretched;
        }
    }

    private void Write(
        SnapshotId id, Membership membership, ISnapshotImage image, IReadOnlyList<SegmentDescriptor> superfluous)
    {
        SnapshotHeader? written = null;
        Exception? failure = null;
        var started = time.GetTimestamp();
        try
        {
            using (image)
            {
                written = store.Write(id, membership.Members, image, _stopping.Token);
            }

            // Only now is the snapshot durable under its name, and the log below the one before it superfluous.
            foreach (var segment in superfluous)
            {
                folder.Delete(segment.Name);
            }

            store.Prune();
            folder.Flush();
            metrics.SnapshotWritten(time.GetElapsedTime(started), written.ContentBytes);
        }
        catch (Exception exception) // the log itself is whole without the snapshot; the next one is tried when due
        {
            failure = exception;
            metrics.SnapshotFailed();
        }

        post(() => Finish(id, written, superfluous, failure));
    }

    private void Finish(
        SnapshotId id, SnapshotHeader? written, IReadOnlyList<SegmentDescriptor> superfluous, Exception? failure)
    {
        _running = null;
        if (written is not null && id.Index > _lastIndex)
        {
            _lastIndex = id.Index;
            _lastContentBytes = written.ContentBytes;
        }

        if (failure is not null)
        {
            log.PutBack(superfluous); // the next snapshot has them deleted
        }

        Finished?.Invoke(id.Index, written?.ContentBytes ?? 0, failure);
        Settle(failure);
    }

    private void Settle(Exception? failure)
    {
        foreach (var request in _served)
        {
            if (failure is null)
            {
                request.TrySetResult();
            }
            else
            {
                request.TrySetException(failure);
            }
        }

        _served.Clear();
    }
}
