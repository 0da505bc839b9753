using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>
/// One transfer of a snapshot, chunk by chunk in virtual time; breaks off where the link is cut, where either process
/// ends, and by chance. Its task ends on the simulation's thread, so that what awaits it goes on there.
/// </summary>
internal sealed class SimulatedFetch(
    SimulatedNetwork network, SimulatedTransport receiver, ulong from, Stream destination, CancellationToken ct)
{
    private readonly TaskCompletionSource _done = new();
    private readonly byte[] _chunk = new byte[4 << 10];
    private SimulatedTransport? _sender;
    private Stream? _source;

    public Task Begin(SnapshotId id)
    {
        network.Clock.After(network.Latency(), () =>
        {
            _sender = network.Find(from);
            if (_sender is { } sender && !IsBroken)
            {
                sender.Process.Enter(() => _source = sender.Receiver!.OpenSnapshot(id));
            }

            if (_source is null)
            {
                End("there is no such snapshot, or no way to it");
            }
            else
            {
                Next();
            }
        });
        return _done.Task;
    }

    private bool IsBroken => ct.IsCancellationRequested
        || network.IsCut(from, receiver.NodeId)
        || network.IsCut(receiver.NodeId, from)
        || network.Find(from) != _sender
        || network.Find(receiver.NodeId) != receiver;

    private void Next() => network.Clock.After(network.Latency(), () =>
    {
        if (IsBroken || network.Chance(network.Weather.BrokenFetchPercent))
        {
            // At times nobody notices, and the receiver has to.
            End(!IsBroken && network.Chance(30) ? null : "the transfer broke off");
            return;
        }

        var count = _source!.ReadAtLeast(_chunk, _chunk.Length, throwOnEndOfStream: false);
        receiver.Process.Enter(() => destination.Write(_chunk.AsSpan(0, count)));
        if (count == _chunk.Length)
        {
            Next();
        }
        else
        {
            End(null);
        }
    });

    private void End(string? failure)
    {
        _source?.Dispose();
        if (failure is null)
        {
            receiver.Process.HasFetched();
        }

        network.SnapshotsFetched += failure is null ? 1 : 0;
        network.FetchesBroken += failure is null ? 0 : 1;
        if (_source is not null && _sender is { } sender && network.Find(from) == sender)
        {
            // A sender that was reached learns how it ended; one that was not never hears of this transfer.
            sender.Process.Enter(() => sender.Receiver!.SnapshotServed(receiver.NodeId, failure is null));
        }

        if (network.Find(receiver.NodeId) == receiver)
        {
            receiver.Process.Enter(() =>
            {
                if (failure is null)
                {
                    _done.SetResult();
                }
                else
                {
                    _done.SetException(new IOException(failure));
                }
            });
        }
    }
}
