using Spillway.Kafka.Buffers;

namespace Spillway.Storage.Wal.Reading;

/// <summary>What a reader uses besides its volumes; everything may be left out.</summary>
/// <param name="Buffers">Where buffers come from; null: the process's pool.</param>
/// <param name="Writers">The way to the writers of segments; null: they are not asked.</param>
/// <param name="Metrics">Null: nothing is counted.</param>
/// <param name="Time">Null: the system's.</param>
public readonly record struct WalReadEnvironment(
    BufferPool? Buffers = null, IWalWriterPeer? Writers = null, WalReadMetrics? Metrics = null, TimeProvider? Time = null);
