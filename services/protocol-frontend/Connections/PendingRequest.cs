namespace Spillway.ProtocolFrontend.Connections;

/// <summary>A request that was handed to its handler, in its place in the order of answers.</summary>
internal readonly struct PendingRequest(RequestContext context, ValueTask<Answer> answer)
{
    public RequestContext Context { get; } = context;

    /// <summary>Awaited once, by the responder.</summary>
    public ValueTask<Answer> Answer { get; } = answer;
}
