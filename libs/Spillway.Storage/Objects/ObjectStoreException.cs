namespace Spillway.Storage.Objects;

/// <summary>An object store could not do what it was asked. The subclass says what the caller may do about it.</summary>
public abstract class ObjectStoreException : Exception
{
    private protected ObjectStoreException(string key, string message, Exception? inner = null)
        : base(message, inner) => Key = key;

    /// <summary>The object, or the prefix of a listing.</summary>
    public string Key { get; }
}
