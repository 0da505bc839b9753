using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>The writer in this very process (standalone). A stream belongs to one writer epoch: a broken one is replaced.</summary>
internal sealed class LocalWriters(IWalAppendService writer) : IWriters
{
    private readonly Lock _lock = new();                            // guards _stream
    private IAppendStream? _stream;

    public IAppendStream? Choose(string connectionId)
    {
        lock (_lock)
        {
            if (_stream is null or { IsBroken: true })
            {
                _stream = writer.OpenStream("frontend");
            }

            // Broken from the start: no epoch is at work.
            return _stream.IsBroken ? null : _stream;
        }
    }
}
