namespace Spillway.FaultProxy;

/// <summary>What becomes of bytes that go one way over a link.</summary>
public enum LinkFlow
{
    /// <summary>They arrive.</summary>
    Pass,

    /// <summary>
    /// They arrive when the flow passes again, as TCP does when a network comes back in time: nothing is lost, and neither end notices but
    /// by its own time-outs.
    /// </summary>
    Hold,

    /// <summary>
    /// They are gone, and so is the news that an end has closed or died: both ends stay half open. A connection that missed bytes this way is
    /// reset when the flow passes again, for no TCP stream has a hole.
    /// </summary>
    Drop,
}
