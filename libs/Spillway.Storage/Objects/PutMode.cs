namespace Spillway.Storage.Objects;

/// <summary>What a put does where the key is taken.</summary>
public enum PutMode
{
    /// <summary>Fails, unless the object there has the same bytes. The mode for keys that metadata gives out once.</summary>
    CreateNew,

    /// <summary>Replaces what is there.</summary>
    Replace,
}
