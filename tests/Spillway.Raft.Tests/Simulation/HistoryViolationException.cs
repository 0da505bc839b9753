namespace Spillway.Raft.Tests.Simulation;

/// <summary>Something that must never happen has happened.</summary>
internal sealed class HistoryViolationException(HistoryRule rule, string what) : Exception($"{rule}: {what}")
{
    public HistoryRule Rule => rule;
}
