using Spillway.History.Events;

namespace Spillway.Chaos.Workload;

/// <summary>What a transaction is to do, and what has come of it so far.</summary>
internal sealed class PlannedTransaction
{
    /// <summary>In their order; null is a poll.</summary>
    public List<PlannedSend?> Steps { get; } = [];

    /// <summary>What its polls brought.</summary>
    public List<Step> Polled { get; } = [];

    /// <summary>Its sends, with the offsets that are known.</summary>
    public Step[] Sends() => [.. Steps.OfType<PlannedSend>().Select(static send => send.ToStep())];
}
