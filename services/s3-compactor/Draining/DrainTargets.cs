using Spillway.Kafka.Buffers;
using Spillway.S3Compactor.Planning;
using Spillway.Storage.Objects;

namespace Spillway.S3Compactor.Draining;

/// <summary>Where a drain puts things: bytes into the store, names into metadata, both within a time.</summary>
internal sealed record DrainTargets(IObjectStore Store, JobMetadataClient Metadata, BufferPool Buffers, TimeProvider Time);
