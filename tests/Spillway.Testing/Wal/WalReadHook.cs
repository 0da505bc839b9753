namespace Spillway.Testing.Wal;

/// <summary>Sees and may change what was read; returns how many bytes the caller is told of.</summary>
public delegate int WalReadHook(string path, long position, Span<byte> bytes);
