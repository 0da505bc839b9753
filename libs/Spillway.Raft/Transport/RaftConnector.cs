using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Spillway.Raft.Snapshots;

namespace Spillway.Raft.Transport;

/// <summary>Makes connections to other nodes, certificates and greeting included. Stateless.</summary>
internal sealed class RaftConnector(TransportContext context)
{
    /// <summary>Connects and is welcome there.</summary>
    /// <returns>The connection, the caller's from then on, and the answer's detail (<see cref="HandshakeFormat"/>).</returns>
    /// <exception cref="RaftConnectException">Everything that can go wrong, in words.</exception>
    public async Task<(RaftConnection Connection, ulong Detail)> ConnectAsync(
        ulong nodeId, string address, ConnectionPurpose purpose, SnapshotId snapshot, CancellationToken ct)
    {
        if (!HostAndPort.TryParse(address, out var endPoint))
        {
            throw new RaftConnectException(
                address.Length == 0 ? "its address is not known" : $"'{address}' is not host:port");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        RaftConnection? connection = null;
        using var deadline = new Deadline(context.Options.HandshakeTimeout, context.Time, ct);
        try
        {
            RaftConnection.Prepare(socket);
            await socket.ConnectAsync(endPoint.Host, endPoint.Port, deadline.Token).ConfigureAwait(false);
            connection = new RaftConnection(socket, new NetworkStream(socket, ownsSocket: true));
            await SecureAsync(connection, nodeId, deadline.Token).ConfigureAwait(false);
            var detail = await GreetAsync(connection, nodeId, purpose, snapshot, deadline.Token).ConfigureAwait(false);
            return (connection, detail);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            throw e switch
            {
                OperationCanceledException when deadline.Passed =>
                    new RaftConnectException($"no answer within {context.Options.HandshakeTimeout.TotalSeconds:0.#} s", e),
                AuthenticationException => new RaftConnectException($"TLS failed: {e.Message}", e),
                EndOfStreamException => new RaftConnectException("it hung up during the greeting", e),
                SocketException or IOException and not RaftConnectException => new RaftConnectException(e.Message, e),
                _ => e,
            };
        }
    }

    private async Task SecureAsync(RaftConnection connection, ulong nodeId, CancellationToken ct)
    {
        if (context.Certificates is not { } certificates)
        {
            return;
        }

        var name = RaftTlsOptions.NameOf(nodeId, context.ClusterId);
        var tls = new SslStream(connection.Stream, leaveInnerStreamOpen: false);
        connection.Stream = tls;
        await tls.AuthenticateAsClientAsync(certificates.ForClient(name), ct).ConfigureAwait(false);
        if (!RaftCertificates.Names(tls.RemoteCertificate, name))
        {
            throw new RaftConnectException($"its certificate does not name {name}");
        }
    }

    private async Task<ulong> GreetAsync(
        RaftConnection connection, ulong nodeId, ConnectionPurpose purpose, SnapshotId snapshot, CancellationToken ct)
    {
        var greeting = new Greeting(
            purpose, context.ClusterId, context.NodeId, nodeId, snapshot, context.AdvertisedAddress);
        await connection.Stream.WriteAsync(HandshakeFormat.WriteGreeting(greeting), ct).ConfigureAwait(false);
        var answer = new byte[HandshakeFormat.AnswerBytes];
        await connection.Stream.ReadExactlyAsync(answer, ct).ConfigureAwait(false);
        if (!HandshakeFormat.TryReadAnswer(answer, out var status, out var detail))
        {
            throw new RaftConnectException("what listens there is not a metadata node");
        }

        return status == HandshakeStatus.Welcome
            ? detail
            : throw new RaftConnectException(WhyRefused(status, nodeId))
            {
                RemovedAsOf = status == HandshakeStatus.Removed ? detail : null,
            };
    }

    private string WhyRefused(HandshakeStatus status, ulong nodeId) => status switch
    {
        HandshakeStatus.UnknownVersion => $"it does not speak version {HandshakeFormat.Version} of the protocol",
        HandshakeStatus.WrongCluster => $"it does not belong to cluster {context.ClusterId}",
        HandshakeStatus.WrongNode => $"what listens there is not node {nodeId}",
        HandshakeStatus.WrongCertificate =>
            $"it does not take this node's certificate for {RaftTlsOptions.NameOf(context.NodeId, context.ClusterId)}",
        HandshakeStatus.Removed => $"node {context.NodeId}, this one, was removed from the group there",
        HandshakeStatus.NoSnapshot => "it has no such snapshot",
        HandshakeStatus.Busy => "it serves as many snapshots as it may",
        _ => $"it refused with status {(byte)status}",
    };
}
