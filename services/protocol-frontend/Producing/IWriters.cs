using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>The WAL writers that this frontend may use: those of its own zone, or others' where that is allowed.</summary>
internal interface IWriters
{
    /// <summary>
    /// The stream for a connection's produces, to be kept while it works; null when there is no writer now. Who gets none asks again
    /// soon: that is also when a writer that failed is looked at again.
    /// </summary>
    IAppendStream? Choose(string connectionId);
}
