using Spillway.Kafka.Buffers;
using static Spillway.Storage.Objects.Format.ObjectFormat;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// Reads objects whole, a stretch of data blocks at a time, and holds every data block, the index and the footer to their checksums. Damage is told only where two reads, one after
/// the other, show the same. Thread-safe, without state.
/// </summary>
/// <param name="store">Where the objects are.</param>
/// <param name="pool">Memory: one stretch at a time, or one data block where that is larger.</param>
public sealed class ObjectVerifier(IObjectStore store, BufferPool pool)
{
    /// <summary>Bytes of one request: few requests, and little memory.</summary>
    public const int StretchBytes = 8 << 20;

    private const int BlocksToldMax = 16;

    /// <summary>What is wrong with an object; null where it is sound.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="objectId">The id that its footer must have.</param>
    /// <param name="sizeBytes">The length that it must have; 0: any.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ObjectStoreUnavailableException">The store did not answer, two reads differ, or a later version wrote it: nothing is known of the object.</exception>
    /// <exception cref="ObjectStoreRefusedException">The store refused, of which the same is true.</exception>
    public async Task<ObjectDamage?> FindDamageAsync(string key, long objectId, long sizeBytes, CancellationToken cancellationToken)
    {
        if (await ReadAsync(key, objectId, sizeBytes, cancellationToken) is not { } first)
        {
            return null;
        }

        var second = await ReadAsync(key, objectId, sizeBytes, cancellationToken);
        return second is null || second.IsAsBefore(first)
            ? second
            : throw new ObjectStoreUnavailableException(
                key, $"Object '{key}' was read twice, with different damage: {first.Reason}; {second.Reason}. Nothing is known of it.");
    }

    private static ObjectDamage Damage(ObjectDamageSite site, long position, string reason) => new(site, position, reason);

    private async Task<ObjectDamage?> ReadAsync(string key, long objectId, long sizeBytes, CancellationToken cancellationToken)
    {
        try
        {
            var (index, damage) = await ReadIndexAsync(key, objectId, sizeBytes, cancellationToken);
            return index is null ? damage : await ReadBlocksAsync(key, index, cancellationToken);
        }
        catch (ObjectNotFoundException)
        {
            return Damage(ObjectDamageSite.Missing, 0, "it is not there");
        }
        catch (ObjectCorruptException e)
        {
            return Damage(ObjectDamageSite.Length, 0, e.Message);
        }
    }

    private async Task<(ObjectIndex? Index, ObjectDamage? Damage)> ReadIndexAsync(
        string key, long objectId, long sizeBytes, CancellationToken cancellationToken)
    {
        using var tail = pool.Rent(TailBytes);
        var (bytesRead, foundBytes) = await store.ReadTailAsync(key, tail.Memory, cancellationToken);
        if (sizeBytes > 0 && foundBytes != sizeBytes)
        {
            return (null, Damage(ObjectDamageSite.Length, 0, $"it has {foundBytes} bytes, and {sizeBytes} were stored"));
        }

        var footerBytes = tail.Memory[Math.Max(0, bytesRead - FooterBytes)..bytesRead];
        if (ObjectFooter.IsOfLaterVersion(footerBytes.Span))
        {
            throw new ObjectStoreUnavailableException(key, $"Object '{key}' was written by a later version than this one.");
        }

        var footerPosition = Math.Max(0, foundBytes - FooterBytes);
        ObjectFooter footer;
        try
        {
            footer = ObjectFooter.Read(key, footerBytes.Span, foundBytes);
        }
        catch (ObjectCorruptException e)
        {
            return (null, Damage(ObjectDamageSite.Footer, footerPosition, e.Message));
        }

        if (footer.ObjectId != objectId)
        {
            return (null, Damage(ObjectDamageSite.Footer, footerPosition, $"its footer says that it is object {footer.ObjectId}"));
        }

        try
        {
            using var index = pool.Rent((int)footer.IndexLengthBytes);
            await store.ReadRangeAsync(key, footer.IndexPosition, index.Memory, cancellationToken);
            return (ObjectIndex.Read(key, index.Span, footer), null);
        }
        catch (ObjectCorruptException e)
        {
            return (null, Damage(ObjectDamageSite.Index, footer.IndexPosition, e.Message));
        }
    }

    private async Task<ObjectDamage?> ReadBlocksAsync(string key, ObjectIndex index, CancellationToken cancellationToken)
    {
        List<DataBlockEntry> damaged = [];
        string? reason = null;
        var count = 0;
        for (var next = 0; next < index.Entries.Length;)
        {
            var end = EndOfStretch(index.Entries, next);
            var position = index.Entries[next].Position;
            using var stretch = pool.Rent((int)(index.Entries[end - 1].Position + index.Entries[end - 1].SizeBytes - position));
            await store.ReadRangeAsync(key, position, stretch.Memory, cancellationToken);
            for (; next < end; next++)
            {
                var block = index.Entries[next];
                var bytes = stretch.Span.Slice((int)(block.Position - position), (int)block.SizeBytes);
                if (DataBlockCheck.FindProblem(bytes, block) is { } problem)
                {
                    reason ??= $"data block at {block.Position}: {problem}";
                    count++;
                    if (damaged.Count < BlocksToldMax)
                    {
                        damaged.Add(block);
                    }
                }
            }
        }

        return reason is null
            ? null
            : Damage(ObjectDamageSite.DataBlock, damaged[0].Position, reason) with
            {
                Blocks = damaged,
                BlockCount = count,
                BlockTotal = index.Entries.Length,
            };
    }

    private static int EndOfStretch(ReadOnlySpan<DataBlockEntry> entries, int first)
    {
        var end = first + 1;
        while (end < entries.Length && entries[end].Position + entries[end].SizeBytes - entries[first].Position <= StretchBytes)
        {
            end++;
        }

        return end;
    }
}
