namespace Spillway.Storage.Caching;

/// <summary>One read's place at the <see cref="ColdReadGate"/>, whose lock guards it.</summary>
internal sealed class ReadTurn(long flowId, bool isAhead)
{
    /// <summary>Of what is not read at all.</summary>
    public static ReadTurn None { get; } = new(0, isAhead: false);

    /// <summary>Whose read it is: flows share what there is.</summary>
    public long FlowId { get; } = flowId;

    /// <summary>Nobody asked for it yet.</summary>
    public bool IsAhead { get; set; } = isAhead;

    public long Bytes { get; set; }

    /// <summary>It was let in as a read ahead, and counts as one to its end.</summary>
    public bool CountsAsAhead { get; set; }

    /// <summary>When it is to be let in, in the gate's virtual time.</summary>
    public double Start { get; set; }

    /// <summary>Set while it waits.</summary>
    public TaskCompletionSource? Waiting { get; set; }
}
