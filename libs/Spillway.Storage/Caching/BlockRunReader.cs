using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Storage.Caching;

/// <summary>
/// Reads runs of data blocks, each by one request, straight into a buffer a block, and verifies them. A damaged block is asked for once more by itself
/// before the object is blamed, and fails alone. Thread-safe.
/// </summary>
internal sealed class BlockRunReader(IObjectStore store, BufferPool pool, ColdReadGate gate, HedgedReads hedges)
{
    private readonly ObjectReader _blocks = new(store, pool);

    /// <summary>
    /// Reads a run once it is let in, and gives each block, in order, to <paramref name="complete"/>, which takes it over, or what is wrong with it to
    /// <paramref name="fail"/>. Never throws.
    /// </summary>
    public async Task ReadAsync(BlockRun run, Task entered, Action<int, SharedBuffer> complete, Action<int, Exception> fail)
    {
        var next = 0;
        SharedBuffer[] buffers = [];
        try
        {
            buffers = await ReadWholeAsync(run, entered);
            for (; next < buffers.Length; next++)
            {
                var block = run.Blocks[next];
                var buffer = buffers[next];
                if (Kafka.Records.Crc32C.Compute(buffer.Span) == block.Crc32C)
                {
                    complete(next, buffer);
                    continue;
                }

                buffer.Release();
                await ReadAgainAsync(run, next, complete, fail);
            }
        }
#pragma warning disable CA1031 // Whoever waits for a block must be told, whatever it is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            for (var i = next; i < run.Blocks.Count; i++)
            {
                fail(i, e);
                if (i > next && i < buffers.Length)
                {
                    buffers[i].Release();
                }
            }
        }
    }

    private async Task<SharedBuffer[]> ReadWholeAsync(BlockRun run, Task entered)
    {
        await entered;
        try
        {
            return await hedges.RunAsync(
                store, run.LengthBytes, (from, cancellationToken) => ReadFromAsync(from, run, cancellationToken), ReleaseAll);
        }
        finally
        {
            gate.Exit(run.Turn);
        }
    }

    private async Task ReadAgainAsync(BlockRun run, int index, Action<int, SharedBuffer> complete, Action<int, Exception> fail)
    {
        SharedBuffer buffer;
        try
        {
            buffer = await _blocks.ReadBlockAsync(run.Key, run.Blocks[index], CancellationToken.None);
        }
        catch (ObjectStoreException e)
        {
            fail(index, e);
            return;
        }

        complete(index, buffer);
    }

    private async Task<SharedBuffer[]> ReadFromAsync(IObjectStore from, BlockRun run, CancellationToken cancellationToken)
    {
        var buffers = new SharedBuffer[run.Blocks.Count];
        var pieces = new Memory<byte>[buffers.Length];
        for (var i = 0; i < buffers.Length; i++)
        {
            buffers[i] = pool.Rent((int)run.Blocks[i].SizeBytes);
            pieces[i] = buffers[i].Memory;
        }

        try
        {
            await from.ReadRangeAsync(run.Key, run.Blocks[0].Position, pieces, cancellationToken);
            return buffers;
        }
        catch
        {
            ReleaseAll(buffers);
            throw;
        }
    }

    private static void ReleaseAll(SharedBuffer[] buffers)
    {
        foreach (var buffer in buffers)
        {
            buffer.Release();
        }
    }
}
