namespace Spillway.Storage.Objects;

/// <summary>The store refused: credentials, permissions or the bucket are wrong. Trying again does not help; the operator must act.</summary>
public sealed class ObjectStoreRefusedException : ObjectStoreException
{
    /// <summary>Makes the exception.</summary>
    public ObjectStoreRefusedException(string key, string message, Exception? inner = null)
        : base(key, message, inner)
    {
    }
}
