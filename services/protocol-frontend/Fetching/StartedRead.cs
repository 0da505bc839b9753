namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>A partition's cold read that was begun before its turn came. One owner, who disposes it whether it was used or not.</summary>
internal sealed class StartedRead(long offset, long readAheadBytes, Task<EntryReads> reads) : IDisposable
{
    private bool _isTaken;

    /// <summary>Where the reader asked to begin.</summary>
    public long Offset { get; } = offset;

    /// <summary>How far to read ahead when it is done: 0 for one who is not known to go on.</summary>
    public long ReadAheadBytes { get; } = readAheadBytes;

    /// <summary>The reads, once, if they begin at the offset; else null. They are the caller's then.</summary>
    public async ValueTask<EntryReads?> TakeAsync(long offset)
    {
        if (_isTaken || offset != Offset)
        {
            return null;
        }

        _isTaken = true;
        return await reads.ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (!_isTaken)
        {
            _isTaken = true;
            _ = GiveUpAsync();
        }
    }

    private async Task GiveUpAsync()
    {
        await ((Task)reads).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (reads.IsCompletedSuccessfully)
        {
            reads.Result.Dispose();
        }
    }
}
