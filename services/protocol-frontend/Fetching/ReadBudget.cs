namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// The bytes that a fetch may still give out. The first batch of a request is given whatever its size, once per request and not per
/// partition, so that no consumer gets stuck and none starves the others (KIP-74).
/// </summary>
internal sealed class ReadBudget(long responseBytesMax, long flowId = 0)
{
    /// <summary>The connection that it is for: those who read cold data share the store alike.</summary>
    public long FlowId { get; } = flowId;

    public long LeftBytes { get; private set; } = responseBytesMax;

    public bool GaveAnything { get; private set; }

    public void Spend(long bytes)
    {
        LeftBytes -= bytes;
        GaveAnything = true;
    }
}
