namespace Spillway.Rpc.Append;

/// <summary>What both sides of the append stream agree on besides the messages.</summary>
internal static class WalAppendMethod
{
    /// <summary>The metadata entry that names the frontend.</summary>
    public const string ClientNameHeader = "x-spillway-client";

    public static RpcRawMethod Append { get; } = new("spillway.wal.v1.WalAppend", "Append");
}
