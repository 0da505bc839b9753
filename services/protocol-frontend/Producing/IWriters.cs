using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>The WAL writers that this frontend may use: those of its own zone, or others' where that is allowed.</summary>
internal interface IWriters
{
    /// <summary>
    /// The stream for a connection's produces: the one it has while that works, so that a connection's order is kept; null when there
    /// is no writer now.
    /// </summary>
    IAppendStream? Choose(ConnectionState connection, string connectionId);
}
