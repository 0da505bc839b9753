namespace Spillway.Metadata.Restoring;

/// <summary>A state cannot be restored, and why; for the operator.</summary>
internal sealed class RestoreFailedException(string message, Exception? inner = null) : Exception(message, inner);
