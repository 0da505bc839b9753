using System.Threading.Channels;
using Spillway.Rpc;

namespace Spillway.Metadata.Log;

/// <summary>Why a stream of updates ended, as its watcher is told: one reason, told to many.</summary>
internal static class StreamEnd
{
    /// <summary>What a channel was completed with; a failure of its own for each who is told.</summary>
    public static RpcException Of(ChannelClosedException closed) => closed.InnerException is RpcException reason
        ? new RpcException(reason.Code, reason.Detail, closed) { Trailers = reason.Trailers }
        : new RpcException(RpcStatusCode.Unavailable, "The stream has ended.", closed);
}
