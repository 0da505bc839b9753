using System.Diagnostics;

namespace Spillway.Metadata.Partitions;

/// <summary>
/// The aborted transactions of one log, in the order of their markers: what readers of committed records leave out. One is kept for as long as
/// the index names anything up to its marker.
/// </summary>
internal sealed class AbortedRanges
{
    private readonly List<AbortedRange> _ranges = [];
    private int _start;

    public int Count => _ranges.Count - _start;

    /// <summary>Offset of the last aborted transaction's marker; -1: none is known.</summary>
    public long LastOffset => Count > 0 ? _ranges[^1].LastOffset : -1;

    public IEnumerable<AbortedRange> InOrder => _ranges.Skip(_start);

    public void Add(in AbortedRange range)
    {
        Debug.Assert(range.LastOffset > LastOffset, "markers come in the order of their offsets");
        _ranges.Add(range);
    }

    /// <summary>Forgets those whose marker lies at or below the offset.</summary>
    public void RemoveThrough(long offset)
    {
        while (_start < _ranges.Count && _ranges[_start].LastOffset <= offset)
        {
            _start++;
        }

        // Each is moved once at most for each that was removed.
        if (_start > 0 && _start >= _ranges.Count - _start)
        {
            _ranges.RemoveRange(0, _start);
            _start = 0;
        }
    }

    /// <summary>
    /// Adds those that overlap the range to <paramref name="found"/>, in order of their markers; true where there are more than
    /// <paramref name="countMax"/>.
    /// </summary>
    public bool Find(long fromOffset, long toOffset, int countMax, List<AbortedRange> found)
    {
        for (var i = FirstEndingAt(fromOffset); i < _ranges.Count; i++)
        {
            var range = _ranges[i];
            if (range.FirstOffset < toOffset)
            {
                if (found.Count == countMax)
                {
                    return true;
                }

                found.Add(range);
            }

            if (range.LastStableOffset >= toOffset)
            {
                break;
            }
        }

        return false;
    }

    private int FirstEndingAt(long offset)
    {
        int low = _start, high = _ranges.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_ranges[middle].LastOffset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
