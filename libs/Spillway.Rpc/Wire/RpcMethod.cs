using Google.Protobuf;

namespace Spillway.Rpc;

/// <summary>Makes method descriptors.</summary>
public static class RpcMethod
{
    /// <summary>A method of generated protobuf messages.</summary>
    /// <param name="service">The service's full name, <c>package.Service</c>.</param>
    /// <param name="method">The method's name.</param>
    public static RpcMethod<TRequest, TResponse> Create<TRequest, TResponse>(string service, string method)
        where TRequest : IMessage<TRequest>, new()
        where TResponse : IMessage<TResponse>, new() =>
        new(PathOf(service, method), ProtobufMarshaller<TRequest>.Instance, ProtobufMarshaller<TResponse>.Instance);

    internal static string PathOf(string service, string method)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentException.ThrowIfNullOrEmpty(method);
        if (service.AsSpan().IndexOfAny("/{}*") >= 0 || method.AsSpan().IndexOfAny("/{}*") >= 0)
        {
            throw new ArgumentException($"'{service}' and '{method}' are not names of a service and a method.");
        }
        return $"/{service}/{method}";
    }
}
