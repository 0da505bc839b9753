namespace Spillway.Storage.Objects;

/// <summary>There is no object under the key: the caller's view of the index may be stale, so it is resolved anew.</summary>
public sealed class ObjectNotFoundException : ObjectStoreException
{
    /// <summary>Makes the exception.</summary>
    public ObjectNotFoundException(string key, string message, Exception? inner = null)
        : base(key, message, inner)
    {
    }
}
