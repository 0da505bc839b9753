using Microsoft.Extensions.Logging;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Which node is taken for the leader, and why.</summary>
public sealed partial class MetadataChannels
{
    /// <summary>A channel to the address, from those that are kept.</summary>
    internal RpcChannel? ChannelTo(Uri address)
    {
        lock (_lock)
        {
            return _channels.GetValueOrDefault(address);
        }
    }

    /// <summary>What a node says of itself and of others: who leads, and who there is.</summary>
    /// <returns>Whether it says that it leads.</returns>
    internal bool Learn(Uri address, MembersStatusResult status)
    {
        LearnAddresses(status);
        if (status.Role == MemberRole.Leader)
        {
            Follow(address, status.Term, confirmed: true);
            return true;
        }

        lock (_lock)
        {
            if (_target.Address == address && status.Term >= _target.Term)
            {
                // It does not lead: whoever else says so in this term is believed.
                _target.Confirmed = false;
            }
        }

        if (NeighbourOptions.IsAddress(status.LeaderAddress))
        {
            Follow(new Uri(status.LeaderAddress), status.Term, confirmed: false);
        }

        return false;
    }

    /// <summary>Waits until another node is taken for the leader, or the time is over.</summary>
    private async Task WaitForChangeAsync(LeaderTarget than, TimeSpan most, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (_target != than)
            {
                return;
            }

            changed = _changed.Task;
        }

        try
        {
            await changed.WaitAsync(most, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Then the same node once more.
        }
    }

    private void Learn(LeaderTarget target, RpcException failure)
    {
        if (NotLeader.Find(failure) is { } notLeader)
        {
            lock (_lock)
            {
                if (_target == target && notLeader.Term >= target.Term)
                {
                    target.Confirmed = false;
                }
            }

            if (notLeader.Leader is { } leader && leader != target.Address)
            {
                Follow(leader, notLeader.Term, confirmed: false);
                return;
            }
        }

        if (failure.Code is RpcStatusCode.Unavailable or RpcStatusCode.DeadlineExceeded)
        {
            _watch.LookNow();
        }
    }

    /// <summary>
    /// There is one leader a term, so a later term is believed; in the same term one that says so itself goes before one that
    /// others speak of.
    /// </summary>
    private void Follow(Uri address, ulong term, bool confirmed)
    {
        LeaderTarget old;
        TaskCompletionSource changed;
        lock (_lock)
        {
            old = _target;
            if (_disposed || term < old.Term)
            {
                return;
            }

            if (old.Address == address)
            {
                old.Confirmed = confirmed || (old.Confirmed && old.Term == term);
                old.Term = term;
                return;
            }

            if ((term == old.Term && old.Confirmed) || ChannelFor(address) is not { } channel)
            {
                return;
            }

            _target = new LeaderTarget(channel, term) { Confirmed = confirmed };
            changed = _changed;
            _changed = NewSignal();
        }

        Log.Follows(_logger, address, term, old.Address);
        changed.SetResult();
        old.Lose();
    }

    private void LearnAddresses(MembersStatusResult status)
    {
        lock (_lock)
        {
            foreach (var member in status.Members)
            {
                if (NeighbourOptions.IsAddress(member.ServiceAddress))
                {
                    ChannelFor(new Uri(member.ServiceAddress));
                }
            }
        }
    }

    /// <summary>Under the lock. Null for an address that must not be believed, or one too many.</summary>
    private RpcChannel? ChannelFor(Uri address)
    {
        if (_channels.TryGetValue(address, out var channel))
        {
            return channel;
        }

        // Who was told to speak TLS does not begin to speak plainly because somebody says so.
        if (_disposed || address.Scheme != _configured[0].Scheme || (_channels.Count >= AddressesMax && !ForgetOne()))
        {
            return null;
        }

        return _channels[address] = _open(address);
    }

    private bool ForgetOne()
    {
        foreach (var (address, channel) in _channels)
        {
            if (address != _target.Address && !_configured.Contains(address))
            {
                _channels.Remove(address);
                channel.Dispose();
                return true;
            }
        }

        return false;
    }

    private void DisposeChannels()
    {
        List<RpcChannel> channels;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            channels = [.. _channels.Values];
        }

        channels.ForEach(static channel => channel.Dispose());
    }

    private static partial class Log
    {
        [LoggerMessage(3010, LogLevel.Information, "The metadata node at {Address} leads in term {Term}; before it was {Former}.")]
        public static partial void Follows(ILogger logger, Uri address, ulong term, Uri former);
    }
}
