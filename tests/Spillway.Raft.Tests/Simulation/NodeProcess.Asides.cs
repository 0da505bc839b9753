namespace Spillway.Raft.Tests.Simulation;

internal sealed partial class NodeProcess
{
    private readonly List<(Action Work, TaskCompletionSource Done)> _asides = [];

    /// <summary>Whether a snapshot is being written, or will be when its thread gets to it.</summary>
    public bool HasAsides => _asides.Count > 0;

    private Task RunAside(Action work)
    {
        var aside = (Work: work, Done: new TaskCompletionSource());
        _asides.Add(aside);
        _cluster.Clock.After(_node.AsideTime * _node.Random.NextDouble(), () =>
        {
            if (!HasEnded && _asides.Contains(aside))
            {
                // It stays on the list until it is through: a log that fails in its midst waits for it.
                Enter(() => TakeTurns(aside));
            }
        });
        return aside.Done.Task;
    }

    // The other thread and the log's thread take turns at every operation on the disk.
    private void TakeTurns((Action Work, TaskCompletionSource Done) aside)
    {
        var nested = false;
        _node.Disk.BetweenOperations = () =>
        {
            if (!nested && !_paused && _failure is null && _node.Random.Next(3) == 0)
            {
                nested = true;
                _failure = Caught(() => _log.RunOnce());
                nested = false;
            }
        };
        aside.Work();
        _node.Disk.BetweenOperations = null;
        _asides.Remove(aside);
        aside.Done.TrySetResult();
    }

    // A thread that waits for the other one must not wait for ever.
    private void EndAsides()
    {
        foreach (var (_, done) in _asides)
        {
            done.TrySetResult();
        }

        _asides.Clear();
    }
}
