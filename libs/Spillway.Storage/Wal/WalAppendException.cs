namespace Spillway.Storage.Wal;

/// <summary>A block could not be made durable. The segment is poisoned: seal it and write its blocks to another one.</summary>
public sealed class WalAppendException(string message, Exception? innerException = null)
    : IOException(message, innerException);
