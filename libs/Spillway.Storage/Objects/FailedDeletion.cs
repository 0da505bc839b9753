namespace Spillway.Storage.Objects;

/// <summary>A key that could not be deleted.</summary>
/// <param name="Key">The key.</param>
/// <param name="Reason">The store's reason, for a log.</param>
public sealed record FailedDeletion(string Key, string Reason);
