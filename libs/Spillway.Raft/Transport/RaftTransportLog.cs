using Microsoft.Extensions.Logging;

namespace Spillway.Raft.Transport;

/// <summary>What the transport tells its operator.</summary>
internal static partial class RaftTransportLog
{
    [LoggerMessage(40, LogLevel.Information, "The Raft transport of node {NodeId} listens on {EndPoint}.")]
    public static partial void Listening(ILogger logger, ulong nodeId, string endPoint);

    [LoggerMessage(41, LogLevel.Information, "Connected to node {NodeId} at {Address}.")]
    public static partial void Connected(ILogger logger, ulong nodeId, string address);

    [LoggerMessage(42, LogLevel.Warning, "Node {NodeId} at {Address} cannot be reached, and is tried again: {Reason}")]
    public static partial void Unreachable(ILogger logger, ulong nodeId, string address, string reason);

    [LoggerMessage(43, LogLevel.Debug, "Node {NodeId} at {Address} still cannot be reached: {Reason}")]
    public static partial void StillUnreachable(ILogger logger, ulong nodeId, string address, string reason);

    [LoggerMessage(44, LogLevel.Warning, "Lost the connection to node {NodeId} at {Address}: {Reason}")]
    public static partial void Lost(ILogger logger, ulong nodeId, string address, string reason);

    [LoggerMessage(45, LogLevel.Warning, "Refused a connection from {EndPoint}: {Reason}")]
    public static partial void Refused(ILogger logger, string endPoint, string reason);

    [LoggerMessage(46, LogLevel.Warning, "Closed the connection from node {NodeId} at {EndPoint}: {Reason}")]
    public static partial void Closed(ILogger logger, ulong nodeId, string endPoint, string reason);

    [LoggerMessage(47, LogLevel.Information, "Serving snapshot {Index} or newer to node {NodeId}, {Bytes} bytes.")]
    public static partial void ServingSnapshot(ILogger logger, ulong index, ulong nodeId, long bytes);

    [LoggerMessage(48, LogLevel.Information, "Node {NodeId} has its snapshot.")]
    public static partial void SnapshotServed(ILogger logger, ulong nodeId);

    [LoggerMessage(49, LogLevel.Warning, "Node {NodeId} did not get its snapshot: {Reason}")]
    public static partial void SnapshotNotServed(ILogger logger, ulong nodeId, string reason);

    [LoggerMessage(50, LogLevel.Information, "Read the certificates of the Raft transport again; they hold until {NotAfter}.")]
    public static partial void CertificatesReloaded(ILogger logger, DateTime notAfter);

    [LoggerMessage(51, LogLevel.Warning, "The changed certificates of the Raft transport cannot be used, the old ones stay: {Reason}")]
    public static partial void CertificatesUnusable(ILogger logger, string reason);

    [LoggerMessage(52, LogLevel.Error, "The Raft transport cannot accept connections: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string reason);

    [LoggerMessage(53, LogLevel.Error, "A message of {Bytes} bytes to node {NodeId} is larger than {BytesMax} and cannot be sent.")]
    public static partial void TooLarge(ILogger logger, ulong nodeId, int bytes, int bytesMax);
}
