namespace Spillway.Rpc;

/// <summary>
/// One method of a service: its path and how its messages become bytes. Which of the four kinds it is follows from how it is
/// mapped and called. Immutable.
/// </summary>
public sealed class RpcMethod<TRequest, TResponse>
{
    /// <summary>A method with marshallers of its own; for protobuf messages use <see cref="RpcMethod.Create"/>.</summary>
    public RpcMethod(string path, IRpcMarshaller<TRequest> request, IRpcMarshaller<TResponse> response)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        Path = path;
        RequestMarshaller = request;
        ResponseMarshaller = response;
    }

    /// <summary><c>/package.Service/Method</c>.</summary>
    public string Path { get; }

    /// <summary>How requests become bytes.</summary>
    public IRpcMarshaller<TRequest> RequestMarshaller { get; }

    /// <summary>How responses become bytes.</summary>
    public IRpcMarshaller<TResponse> ResponseMarshaller { get; }
}
