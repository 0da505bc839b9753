namespace Spillway.Storage.Objects;

/// <summary>What became of each key of a deletion.</summary>
/// <param name="Deleted">Keys whose objects are certainly gone.</param>
/// <param name="Failed">Keys that may still name an object, each with the store's reason.</param>
public sealed record DeleteObjectsResult(IReadOnlyList<string> Deleted, IReadOnlyList<FailedDeletion> Failed);
