namespace Spillway.Storage.Caching;

/// <summary>
/// Bounds the reads of a store that are under way. What is read ahead waits at a gate of its own first, so that it never takes more than
/// half of them from those who need their bytes now. Thread-safe.
/// </summary>
internal sealed class StoreReadGate(int readsMax) : IDisposable
{
    private readonly SemaphoreSlim _reads = new(readsMax);
    private readonly SemaphoreSlim _aheadReads = new(Math.Max(1, readsMax / 2));

    public async Task<T> RunAsync<T>(bool isAhead, Func<Task<T>> read)
    {
        if (!isAhead)
        {
            return await RunAsync(read);
        }

        await _aheadReads.WaitAsync();
        try
        {
            return await RunAsync(read);
        }
        finally
        {
            _aheadReads.Release();
        }
    }

    public void Dispose()
    {
        _reads.Dispose();
        _aheadReads.Dispose();
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> read)
    {
        await _reads.WaitAsync();
        try
        {
            return await read();
        }
        finally
        {
            _reads.Release();
        }
    }
}
