namespace Spillway.Storage.Objects;

/// <summary>What a read of an object's end gave.</summary>
/// <param name="BytesRead">Bytes put at the start of the destination.</param>
/// <param name="ObjectSizeBytes">Length of the whole object.</param>
public readonly record struct ObjectTail(int BytesRead, long ObjectSizeBytes);
