using Spillway.Kafka;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>One partition of a produce request: where its batch goes.</summary>
internal struct ProduceTarget
{
    public LogId LogId;

    /// <summary>The whole batch, in the request's frame; empty where there is none that could be taken.</summary>
    public Memory<byte> Batch;

    public int LastOffsetDelta;

    /// <summary>The batch goes to the writer.</summary>
    public bool IsAccepted;

    public bool IsTransactional;

    /// <summary>The request names the partition again, and what it says there counts.</summary>
    public bool IsSuperseded;
}
