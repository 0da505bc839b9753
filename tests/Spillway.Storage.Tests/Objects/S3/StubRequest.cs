namespace Spillway.Storage.Tests.Objects.S3;

/// <summary>A request as the stub saw it; headers by lower-case name.</summary>
internal sealed record StubRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers);
