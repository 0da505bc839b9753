namespace Spillway.Rpc;

/// <summary>
/// A duplex method whose messages both sides encode by hand, so that record bytes are copied once. On the wire it is
/// a gRPC method like any other, and its .proto is its contract.
/// </summary>
public sealed class RpcRawMethod
{
    /// <summary>The method <paramref name="method"/> of <paramref name="service"/> (<c>package.Service</c>).</summary>
    public RpcRawMethod(string service, string method) => Path = RpcMethod.PathOf(service, method);

    /// <summary><c>/package.Service/Method</c>.</summary>
    public string Path { get; }
}
