namespace Spillway.Storage.Objects;

/// <summary>The kinds of request an object store is paid for.</summary>
public enum ObjectRequestKind
{
    /// <summary>A whole object.</summary>
    Put,

    /// <summary>One part of an object, sent.</summary>
    Part,

    /// <summary>A part or a whole object that the store copies from another one.</summary>
    Copy,

    /// <summary>The begin and the end of an upload in parts.</summary>
    Multipart,

    /// <summary>A range of an object.</summary>
    Get,

    /// <summary>An object's properties.</summary>
    Head,

    /// <summary>A page of a listing.</summary>
    List,

    /// <summary>Up to a thousand deletions.</summary>
    Delete,
}
