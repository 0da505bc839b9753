namespace Spillway.Benchmarks.WritePath;

/// <summary>One load that the write path is put under.</summary>
/// <param name="Name">How the table calls it.</param>
/// <param name="RecordBytes">Bytes of a record.</param>
/// <param name="BatchBytes">Bytes of a batch, a record at least; one batch a request.</param>
/// <param name="Connections">Connections, each to a partition of its own, five requests in flight.</param>
/// <param name="MegabytesPerSecond">The rate of all connections; null for as fast as it goes.</param>
internal sealed record Load(string Name, int RecordBytes, int BatchBytes, int Connections, double? MegabytesPerSecond);
