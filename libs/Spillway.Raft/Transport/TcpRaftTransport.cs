using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;
using Spillway.Raft.Core;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Transport;

/// <summary>
/// The transport over TCP: one connection per direction and peer, with a greeting that names cluster and nodes, in TLS where
/// certificates are configured. Members come and go; a node that is not a member yet, or whose address is not known, is
/// answered where its greeting says.
/// </summary>
internal sealed class TcpRaftTransport : IRaftTransport, IGreetingJudge
{
    // A joining node knows nobody and is talked to by the members; more than these are not a group.
    private const int StrangersMax = 16;

    private readonly Func<Guid> _clusterId;
    private readonly TransportContext _context;
    private readonly RaftConnector _connector;
    private readonly SnapshotDownload _download;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<ulong, OutboundPeer> _peers = [];
    private readonly Dictionary<ulong, string> _greeted = [];
    private readonly HashSet<ulong> _removed = [];
    private readonly HashSet<Task> _leaving = [];
    private IReadOnlyList<GroupMember> _members = [];
    private RaftAcceptor? _acceptor;
    private IRaftReceiver? _receiver;
    private bool _disposed;

    /// <summary>Makes the transport; nothing is listened on before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="clusterId">Asked when it starts: a new group of one draws its id only then.</param>
    /// <param name="nodeId">This node.</param>
    /// <param name="time">Measures time-outs.</param>
    /// <param name="logger">Where life events go.</param>
    /// <param name="meters">Where its instruments are made.</param>
    public TcpRaftTransport(
        RaftTransportOptions options, Func<Guid> clusterId, ulong nodeId, TimeProvider time, ILogger logger, IMeterFactory meters)
    {
        _clusterId = clusterId;
        _context = new TransportContext(options, nodeId, time, logger, new RaftTransportMetrics(meters));
        _connector = new RaftConnector(_context);
        _download = new SnapshotDownload(_context, _connector);
    }

    /// <summary>Where it listens, once started.</summary>
    public IPEndPoint? EndPoint => _acceptor?.EndPoint;

    /// <inheritdoc/>
    public Task StartAsync(IRaftReceiver receiver, CancellationToken ct)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _receiver = receiver;
            _context.ClusterId = _clusterId();
            _context.Certificates = _context.Options.Tls is { } tls
                ? new RaftCertificates(tls, _context.Time, _context.Logger)
                : null;
            _acceptor = new RaftAcceptor(_context, receiver, this);
            if (_context.AdvertisedAddress.Length == 0)
            {
                _context.AdvertisedAddress = _acceptor.EndPoint.ToString();
            }

            RaftTransportLog.Listening(_context.Logger, _context.NodeId, _acceptor.EndPoint.ToString());
            _acceptor.Start();
            Connect();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void SetMembers(IReadOnlyList<GroupMember> members)
    {
        lock (_lock)
        {
            foreach (var former in _members)
            {
                if (former.NodeId != _context.NodeId && !members.Any(member => member.NodeId == former.NodeId))
                {
                    _removed.Add(former.NodeId); // ids are never used again
                    _greeted.Remove(former.NodeId);
                    _acceptor?.Drop(former.NodeId);
                }
            }

            _members = members;
            Connect();
        }
    }

    /// <inheritdoc/>
    public void Send(IReadOnlyList<RaftMessage> messages)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            OutboundPeer? peer;
            lock (_lock)
            {
                _peers.TryGetValue(messages[i].To, out peer);
            }

            peer?.Send(messages[i]);
        }
    }

    /// <inheritdoc/>
    public async Task FetchSnapshotAsync(ulong from, SnapshotId id, Stream destination, CancellationToken ct)
    {
        string? address;
        lock (_lock)
        {
            address = AddressOf(from);
        }

        await _download.RunAsync(from, address ?? "", id, destination, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public GreeterStanding StandingOf(ulong nodeId)
    {
        lock (_lock)
        {
            // Without members this node is about to join itself, and cannot judge.
            return _removed.Contains(nodeId) ? GreeterStanding.Removed
                : _members.Count == 0 || _members.Any(member => member.NodeId == nodeId) ? GreeterStanding.Member
                : GreeterStanding.Unknown;
        }
    }

    /// <inheritdoc/>
    public void Greeted(ulong nodeId, string address)
    {
        lock (_lock)
        {
            if (address.Length > 0 && (_greeted.ContainsKey(nodeId) || _greeted.Count < StrangersMax))
            {
                _greeted[nodeId] = address;
            }

            Connect();
            if (_peers.TryGetValue(nodeId, out var peer))
            {
                peer.Nudge();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task[] leaving;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (var peer in _peers.Values)
            {
                Leave(peer);
            }

            _peers.Clear();
            leaving = [.. _leaving];
        }

        if (_acceptor is not null)
        {
            await _acceptor.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(leaving).ConfigureAwait(false);
    }

    /// <summary>Has a peer for each node that has an address, and for no other. Under the lock.</summary>
    private void Connect()
    {
        if (_receiver is null || _disposed)
        {
            return;
        }

        foreach (var nodeId in _peers.Keys.ToArray())
        {
            if (_peers[nodeId].Address != AddressOf(nodeId) && _peers.Remove(nodeId, out var peer))
            {
                Leave(peer);
            }
        }

        foreach (var nodeId in _members.Select(static member => member.NodeId).Concat(_greeted.Keys))
        {
            if (nodeId != _context.NodeId && !_peers.ContainsKey(nodeId) && AddressOf(nodeId) is { } address)
            {
                _peers.Add(nodeId, new OutboundPeer(_context, _connector, _receiver, nodeId, address));
            }
        }
    }

    /// <summary>What was configured, what the membership says, what the node itself said; null for none of them.</summary>
    private string? AddressOf(ulong nodeId)
    {
        if (_removed.Contains(nodeId))
        {
            return null;
        }

        if (_context.Options.PeerAddresses.TryGetValue(nodeId, out var configured))
        {
            return configured;
        }

        var member = _members.FirstOrDefault(member => member.NodeId == nodeId);
        return member is { Address.Length: > 0 } ? member.Address : _greeted.GetValueOrDefault(nodeId);
    }

    private void Leave(OutboundPeer peer)
    {
        var task = peer.DisposeAsync().AsTask();
        _leaving.RemoveWhere(static left => left.IsCompleted);
        _leaving.Add(task);
    }
}
