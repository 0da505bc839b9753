namespace Spillway.Storage.Faults;

/// <summary>
/// Hooks between two steps where a crash, a pause or a lost answer is worth a test. A service names its places by constants, prefixed
/// with its own name (<c>wal-writer.block-flushed</c>), and passes each where it is. Off in production.
/// </summary>
public interface IFailPoints
{
    /// <summary>A thread that may block passes the place.</summary>
    /// <exception cref="FailPointException">What was just done is to count as unanswered.</exception>
    void Pass(string failPoint);

    /// <summary>An asynchronous flow passes the place.</summary>
    /// <exception cref="FailPointException">What was just done is to count as unanswered.</exception>
    ValueTask PassAsync(string failPoint, CancellationToken cancellationToken);
}
