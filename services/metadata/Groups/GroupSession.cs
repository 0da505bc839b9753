using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc;

namespace Spillway.Metadata.Groups;

/// <summary>
/// A group that is in use: its core, the lock around it, its timer and its writes on their way. Lives while the core knows
/// something that the durable state does not; a group that rests is loaded from there again.
/// </summary>
internal sealed partial class GroupSession
{
    // Timers are set to a whole session at most; the next look goes no further than this.
    private const long TimerMsMax = 3_600_000;

    private readonly string _groupId;
    private readonly GroupSessions _owner;
    private readonly MetadataNode _node;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new(); // guards all below; never held across an await
    private IGroupCore? _core;
    private ITimer? _timer;
    private long _timerDueMs = long.MaxValue;
    private int _writesInFlight;
    private int _generationSeen;
    private bool _dropped;

    public GroupSession(string groupId, GroupSessions owner, MetadataNode node, TimeProvider time, ILogger logger)
    {
        _groupId = groupId;
        _owner = owner;
        _node = node;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Does something with the core, then what follows from it. False when the session was dropped: there may be another.
    /// </summary>
    public bool TryUse<T>(Func<IGroupCore, long, T> action, out T result)
    {
        lock (_lock)
        {
            if (_dropped)
            {
                result = default!;
                return false;
            }

            result = action(Core(), _owner.NowMs);
            Settle();
            return true;
        }
    }

    /// <summary>Answers all who wait, and is used no more.</summary>
    public void Abandon(ErrorCode error)
    {
        lock (_lock)
        {
            _core?.Abandon(error);
            Drop();
        }
    }

    // Loaded under the lock and not before: a session of the same group that was dropped just now has finished its writes.
    private IGroupCore Core()
    {
        if (_core is null)
        {
            _core = _owner.Load(_groupId);
            _generationSeen = _core.GenerationId;
        }

        return _core;
    }

    private void Settle()
    {
        while (_core!.Successor is { } successor)
        {
            _core = successor;
        }

        var core = _core;
        while (core.TakeWrite() is { } write)
        {
            _writesInFlight++;
            _ = WriteAsync(write);
        }

        if (core.GenerationId != _generationSeen)
        {
            _generationSeen = core.GenerationId;
            _owner.GenerationBegan();
            Log.GenerationBegan(_logger, _groupId, core.GenerationId, core.MemberCount, core.ProtocolName ?? "none");
        }

        if (core.IsSpent)
        {
            core.Abandon(ErrorCode.NotCoordinator);
            Drop();
        }
        else if (core.IsIdle && _writesInFlight == 0)
        {
            Drop();
        }
        else if (core.DeadlinesChanged)
        {
            core.DeadlinesChanged = false;
            SetTimer(core.NextDeadlineMs);
        }
    }

    /// <summary>The command is in the log's queue when this returns, so writes and commits keep the order of their decisions.</summary>
    private async Task WriteAsync(GroupWrite write)
    {
        var proposed = _node.ProposeAsync<GroupChangeResult>(write.Change, CancellationToken.None);
        var error = ErrorCode.None;
        var refused = false;
        try
        {
            await proposed.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (!(await proposed).Accepted)
            {
                Log.WriteRefused(_logger, _groupId);
                (refused, error) = (true, ErrorCode.NotCoordinator);
            }
        }
        catch (RpcException e)
        {
            Log.WriteFailed(_logger, _groupId, e.Message);
            error = ErrorCode.NotCoordinator;
        }

        lock (_lock)
        {
            _writesInFlight--;
            if (!_dropped)
            {
                write.Done(error, _owner.NowMs);
                if (refused)
                {
                    Abandon(ErrorCode.NotCoordinator);
                }
                else
                {
                    Settle();
                }
            }
        }
    }

    /// <summary>A timer that is due earlier than needed is left alone: then it looks, and is set anew.</summary>
    private void SetTimer(long deadlineMs)
    {
        if (deadlineMs >= _timerDueMs)
        {
            return;
        }

        _timerDueMs = deadlineMs;
        var due = TimeSpan.FromMilliseconds(Math.Clamp(deadlineMs - _owner.NowMs, 0, TimerMsMax));
        if (_timer is null)
        {
            _timer = _time.CreateTimer(
                static session => ((GroupSession)session!).Tick(), this, due, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private void Tick()
    {
        lock (_lock)
        {
            if (!_dropped)
            {
                _timerDueMs = long.MaxValue;
                _core!.Tick(_owner.NowMs);
                Settle();
            }
        }
    }

    private void Drop()
    {
        _dropped = true;
        _timer?.Dispose();
        _owner.Remove(_groupId, this);
    }

    private static partial class Log
    {
        [LoggerMessage(2110, LogLevel.Information,
            "Group {GroupId} is in generation {Generation} with {Members} members and protocol {Protocol}.")]
        public static partial void GenerationBegan(
            ILogger logger, string groupId, int generation, int members, string protocol);

        [LoggerMessage(2112, LogLevel.Warning, "Group {GroupId} is not as its coordinator knew it, and is read again.")]
        public static partial void WriteRefused(ILogger logger, string groupId);

        [LoggerMessage(2111, LogLevel.Warning, "Group {GroupId} could not be written down: {Reason}")]
        public static partial void WriteFailed(ILogger logger, string groupId, string reason);
    }
}
