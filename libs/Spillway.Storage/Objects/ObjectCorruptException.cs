namespace Spillway.Storage.Objects;

/// <summary>An object is not what was written: too short, a wrong checksum, or a layout that no version of ours has. Its bytes are not served.</summary>
public sealed class ObjectCorruptException : ObjectStoreException
{
    /// <summary>Makes the exception.</summary>
    public ObjectCorruptException(string key, string message, Exception? inner = null)
        : base(key, message, inner)
    {
    }
}
