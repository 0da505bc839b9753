namespace Spillway.S3Compactor.Tests;

/// <summary>The process is gone. Nothing in the service may catch it.</summary>
internal sealed class CrashException(string failPoint) : Exception($"crash at {failPoint}");
