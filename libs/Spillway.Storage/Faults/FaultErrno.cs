namespace Spillway.Storage.Faults;

/// <summary>The errors a call can be made to fail with, by their Linux names and numbers.</summary>
internal enum FaultErrno
{
    Enoent = 2,
    Eio = 5,
    Enospc = 28,
    Estale = 116,
    Edquot = 122,
}
