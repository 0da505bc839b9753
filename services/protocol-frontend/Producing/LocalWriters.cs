using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>The writer in this very process (standalone). A stream belongs to one writer epoch: a broken one is replaced.</summary>
internal sealed class LocalWriters(IWalAppendService writer) : IWriters
{
    private readonly Lock _lock = new();                            // guards _stream
    private IAppendStream? _stream;

    public IAppendStream? Choose(ConnectionState connection, string connectionId)
    {
        if (connection.Writer is { IsBroken: false } current)
        {
            return current;
        }

        lock (_lock)
        {
            if (_stream is null or { IsBroken: true })
            {
                _stream = writer.OpenStream("frontend");
            }

            return connection.Writer = _stream;
        }
    }
}
