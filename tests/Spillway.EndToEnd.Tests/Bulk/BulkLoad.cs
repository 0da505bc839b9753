namespace Spillway.EndToEnd.Tests.Bulk;

/// <summary>What a bulk producer writes.</summary>
internal sealed record BulkLoad(
    string Topic, int PartitionCount, int RecordCount, int ValueBytes, int Seed, params string[] Settings);
