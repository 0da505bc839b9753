using Spillway.Storage.Objects.Format;

namespace Spillway.S3Compactor.Merging;

/// <summary>One object that a merge writes: its ranges by log and offset, the order in which they are written.</summary>
internal sealed record MergeObjectPlan(ObjectKind Kind, IReadOnlyList<MergeRange> Ranges);
