using Spillway.Metadata.Partitions;

namespace Spillway.Metadata.Jobs;

/// <summary>Neighbouring entries of a log that become one.</summary>
internal readonly record struct MergeRun(IndexCursor First, int Count, long Bytes);
