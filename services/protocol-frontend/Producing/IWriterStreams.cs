using Spillway.Rpc.Append;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>Opens append streams to writers in other processes.</summary>
internal interface IWriterStreams
{
    /// <summary>A stream to one writer epoch. It connects as it is used, and breaks when it cannot.</summary>
    IAppendStream Open(NodeImage writer);
}
