namespace Spillway.Storage.Objects;

/// <summary>The store did not answer, or said that it is busy; the request may have been done. Trying again later is right.</summary>
public sealed class ObjectStoreUnavailableException : ObjectStoreException
{
    /// <summary>Makes the exception.</summary>
    public ObjectStoreUnavailableException(string key, string message, Exception? inner = null)
        : base(key, message, inner)
    {
    }
}
