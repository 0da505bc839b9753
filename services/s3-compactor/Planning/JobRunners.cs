using Spillway.S3Compactor.Cleaning;
using Spillway.S3Compactor.Draining;
using Spillway.Storage.Faults;

namespace Spillway.S3Compactor.Planning;

/// <summary>One runner for each kind of job. Merging, retention and log compaction will stand beside these.</summary>
internal sealed record JobRunners(DrainRunner Drain, DeleteRunner Delete, IFailPoints FailPoints);
