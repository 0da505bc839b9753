namespace Spillway.Rpc;

/// <summary>
/// The one typed failure of any call between services, over the wire and in-process alike. A service throws it to give the
/// caller a code; a client throws it for whatever went wrong, except that a caller's own cancelled token is
/// an <see cref="OperationCanceledException"/>.
/// </summary>
public sealed class RpcException : Exception
{
    /// <summary>A failure with its code and a sentence for a person; the sentence crosses the wire.</summary>
    public RpcException(RpcStatusCode code, string detail, Exception? innerException = null)
        : base($"{code}: {detail}", innerException)
    {
        Code = code;
        Detail = detail;
    }

    /// <summary>What the caller decides by.</summary>
    public RpcStatusCode Code { get; }

    /// <summary>What a person reads.</summary>
    public string Detail { get; }

    /// <summary>
    /// What a program reads beside the code: entries whose names begin with <c>spillway-</c> cross the wire with the status.
    /// </summary>
    public RpcMetadata? Trailers { get; init; }
}
