using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;

namespace Spillway.Storage.Wal.Reading;

/// <summary>What a reader uses besides its volumes; everything may be left out.</summary>
/// <param name="Buffers">Where buffers come from; null: the process's pool.</param>
/// <param name="Writers">The way to the writers of segments; null: they are not asked.</param>
/// <param name="Metrics">Null: nothing is counted.</param>
/// <param name="Time">Null: the system's.</param>
/// <param name="Objects">The object store; needed where a volume is in it.</param>
public readonly record struct WalReadEnvironment(
    BufferPool? Buffers = null,
    IWalWriterPeer? Writers = null,
    WalReadMetrics? Metrics = null,
    TimeProvider? Time = null,
    IObjectStore? Objects = null);
