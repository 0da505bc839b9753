namespace Spillway.Storage.Objects;

/// <summary>The key is taken by an object with other bytes: a key was given out twice. A person must look.</summary>
public sealed class ObjectExistsException : ObjectStoreException
{
    /// <summary>Makes the exception.</summary>
    public ObjectExistsException(string key, string message, Exception? inner = null)
        : base(key, message, inner)
    {
    }
}
