namespace Spillway.Rpc;

/// <summary>Bounds that both sides of a call share.</summary>
public static class RpcLimits
{
    /// <summary>The largest message in bytes where nothing else is said: 16 MiB.</summary>
    public const int MessageBytesMax = 16 << 20;
}
