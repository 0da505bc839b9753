using System.Buffers.Binary;
using Spillway.Kafka.Records;

namespace Spillway.ZoneRouter.Placement;

/// <summary>
/// Which of a zone's frontends serves each slot: rendezvous hashing, so that a frontend that comes or goes moves only its own share, with
/// a bound on how much one may carry. Pure: the same frontends give the same table anywhere.
/// </summary>
internal static class SlotPlacement
{
    /// <summary>Slots a zone: enough that the shares of a few dozen frontends come out even.</summary>
    public const int SlotCount = 1024;

    // One frontend carries at most this much more than its even share; more would move slots that did not have to.
    private const double LoadFactorMax = 1.25;

    /// <summary>The node id for every slot; empty without frontends.</summary>
    public static int[] Place(IReadOnlyList<int> nodeIds)
    {
        if (nodeIds.Count == 0)
        {
            return [];
        }

        var loadMax = (int)Math.Ceiling(SlotCount * LoadFactorMax / nodeIds.Count);
        var loads = new Dictionary<int, int>(nodeIds.Count);
        var placed = new int[SlotCount];
        for (var slot = 0; slot < SlotCount; slot++)
        {
            placed[slot] = Choose(slot, nodeIds, loads, loadMax);
            loads[placed[slot]] = loads.GetValueOrDefault(placed[slot]) + 1;
        }

        return placed;
    }

    private static int Choose(int slot, IReadOnlyList<int> nodeIds, Dictionary<int, int> loads, int loadMax)
    {
        var (chosen, best) = (-1, 0UL);
        for (var i = 0; i < nodeIds.Count; i++)
        {
            var weight = Weight(slot, nodeIds[i]);
            if (loads.GetValueOrDefault(nodeIds[i]) < loadMax && (chosen < 0 || weight > best))
            {
                (chosen, best) = (nodeIds[i], weight);
            }
        }

        return chosen;
    }

    private static ulong Weight(int slot, int nodeId)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(key, slot);
        BinaryPrimitives.WriteInt32LittleEndian(key[4..], nodeId);
        // CRC-32C is linear: without a mix, close keys would give close weights. The finalizer is splitmix64's.
        var mixed = Crc32C.Compute(key) * 0x9E3779B97F4A7C15UL;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }
}
