namespace Spillway.Rpc;

/// <summary>gRPC's status codes, with gRPC's numbers (grpc/grpc doc/statuscodes.md).</summary>
public enum RpcStatusCode
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,
    /// <summary>The caller ended the call.</summary>
    Cancelled = 1,
    /// <summary>The other side failed in a way it has no code for.</summary>
    Unknown = 2,
    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,
    /// <summary>Time ran out; the call may have taken effect.</summary>
    DeadlineExceeded = 4,
    /// <summary>What the request names does not exist.</summary>
    NotFound = 5,
    /// <summary>What the request would create exists.</summary>
    AlreadyExists = 6,
    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,
    /// <summary>A quota, a limit or a message size is exceeded.</summary>
    ResourceExhausted = 8,
    /// <summary>The state of the system forbids it until somebody changes that state.</summary>
    FailedPrecondition = 9,
    /// <summary>A conflict: the caller may retry the whole read-modify-write.</summary>
    Aborted = 10,
    /// <summary>A position is past the end.</summary>
    OutOfRange = 11,
    /// <summary>The other side has no such method or cannot read this encoding.</summary>
    Unimplemented = 12,
    /// <summary>An invariant broke: malformed frames, malformed messages, a missing status.</summary>
    Internal = 13,
    /// <summary>The other side cannot be reached or is going away; the call may be retried.</summary>
    Unavailable = 14,
    /// <summary>Data is lost or corrupt beyond repair.</summary>
    DataLoss = 15,
    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}
