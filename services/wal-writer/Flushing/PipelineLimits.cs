namespace Spillway.WalWriter.Flushing;

/// <summary>What the pipeline is bounded by.</summary>
/// <param name="UnresolvedBlocksMax">Blocks between placing and metadata's answer; past it blocks grow instead.</param>
/// <param name="ProposedBlocksMax">Blocks proposed and not answered; metadata keeps the results of at least so many.</param>
internal readonly record struct PipelineLimits(int UnresolvedBlocksMax, int ProposedBlocksMax);
