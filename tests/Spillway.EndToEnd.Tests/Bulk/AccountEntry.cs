namespace Spillway.EndToEnd.Tests.Bulk;

/// <summary>One record as a client knows it.</summary>
internal readonly record struct AccountEntry(int Partition, long Offset, long Number, uint Crc);
