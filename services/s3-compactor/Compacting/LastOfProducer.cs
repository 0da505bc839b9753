namespace Spillway.S3Compactor.Compacting;

/// <summary>What tells a producer's last epoch and sequence: its last batch, or where that epoch has none, its marker.</summary>
/// <param name="ProducerEpoch">Its epoch.</param>
/// <param name="BaseOffset">Where that batch begins; −1: the epoch has none.</param>
internal readonly record struct LastOfProducer(short ProducerEpoch, long BaseOffset);
