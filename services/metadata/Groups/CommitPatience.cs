namespace Spillway.Metadata.Groups;

/// <summary>How long an offset commit waits for the log (<c>offsets.commit.timeout.ms</c>).</summary>
internal sealed class CommitPatience(CurrentGroupLimits current, TimeProvider time)
{
    /// <summary>How the write ended. Null: it takes longer than a commit may, and nobody knows yet what becomes of it.</summary>
    public async Task<T?> AwaitAsync<T>(string groupId, Task<T> write, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await write.WaitAsync(TimeSpan.FromMilliseconds(current.Of(groupId).CommitTimeoutMs), time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
