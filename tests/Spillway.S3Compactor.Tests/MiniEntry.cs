using Spillway.Rpc.Metadata;

namespace Spillway.S3Compactor.Tests;

/// <summary>An index entry with the log's version when it was written.</summary>
internal sealed record MiniEntry(IndexEntry Entry, long RewriteVersion);
