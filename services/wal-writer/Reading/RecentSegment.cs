namespace Spillway.WalWriter.Reading;

/// <summary>
/// The recent blocks of one segment in order of position. Blocks come at the end and leave at the beginning, nearly always; there may be tens of
/// thousands, so leaving moves nothing. Not thread-safe.
/// </summary>
internal sealed class RecentSegment
{
    private readonly List<RecentBlock> _blocks = [];
    private int _goneCount;                                         // at the beginning of the list

    public int Count => _blocks.Count - _goneCount;

    public RecentBlock this[int index] => _blocks[_goneCount + index];

    public void Add(RecentBlock block)
    {
        // Nearly always the end: a block that had to move comes to lie behind later ones, and is committed first.
        var at = _blocks.Count;
        while (at > _goneCount && _blocks[at - 1].PayloadPosition > block.PayloadPosition)
        {
            at--;
        }

        _blocks.Insert(at, block);
    }

    public void Remove(RecentBlock block)
    {
        if (_blocks[_goneCount] != block)
        {
            _blocks.RemoveAt(_blocks.IndexOf(block, _goneCount));
            return;
        }

        _blocks[_goneCount++] = null!;
        if (_goneCount > _blocks.Count / 2)
        {
            _blocks.RemoveRange(0, _goneCount);
            _goneCount = 0;
        }
    }

    /// <summary>The index of the last block that begins at or before a position; -1 where there is none.</summary>
    public int FindLast(long position)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (this[middle].PayloadPosition <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }
}
