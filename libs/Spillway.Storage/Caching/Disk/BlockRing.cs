namespace Spillway.Storage.Caching.Disk;

/// <summary>
/// What lies where in a file that is written from its beginning to its end again and again: what was written first makes room for what comes. One
/// write at a time: a place is taken, written, and then named. Not thread-safe.
/// </summary>
/// <param name="bytesMax">The file's size.</param>
internal sealed class BlockRing(long bytesMax)
{
    private readonly Dictionary<BlockKey, BlockPlace> _places = [];
    private readonly Queue<(BlockKey Key, BlockPlace Place)> _order = [];
    private long _head;
    private long _round;

    /// <summary>Blocks that are named.</summary>
    public int Count => _places.Count;

    /// <summary>Bytes of the blocks that are named.</summary>
    public long SizeBytes { get; private set; }

    public bool TryFind(BlockKey key, out BlockPlace place) => _places.TryGetValue(key, out place);

    /// <summary>
    /// Takes room for a block. What lay there is named no more from here on, so that what is read from it meanwhile can be told from what is whole:
    /// its place is not the one it had. The result is null where there can be no room for it, and else its place and how many others went.
    /// </summary>
    public BlockPlace? Take(int lengthBytes, out int droppedCount)
    {
        droppedCount = 0;
        if (lengthBytes > bytesMax)
        {
            return null;
        }

        if (_head + lengthBytes > bytesMax)
        {
            // What is left at the end is too little for it.
            droppedCount += DropWhile(place => place.Position >= _head);
            _head = 0;
        }

        var place = new BlockPlace(_head, lengthBytes, ++_round);
        var end = _head + lengthBytes;
        droppedCount += DropWhile(oldest => oldest.Position >= _head && oldest.Position < end);
        _head = end;
        return place;
    }

    /// <summary>Names what was written; nothing where all was forgotten since its place was taken.</summary>
    public void Name(BlockKey key, in BlockPlace place)
    {
        if (place.Round == _round && _places.TryAdd(key, place))
        {
            _order.Enqueue((key, place));
            SizeBytes += place.LengthBytes;
        }
    }

    /// <summary>Names a block no more, if it is the one at this place.</summary>
    public void Forget(BlockKey key, in BlockPlace place)
    {
        if (_places.TryGetValue(key, out var known) && known == place)
        {
            _places.Remove(key);
            SizeBytes -= place.LengthBytes;
        }
    }

    /// <summary>Forgets all, and what is being written.</summary>
    public void Clear()
    {
        _places.Clear();
        _order.Clear();
        (_head, SizeBytes) = (0, 0);
        _round++;
    }

    private int DropWhile(Func<BlockPlace, bool> isOverwritten)
    {
        var count = 0;
        while (_order.TryPeek(out var oldest) && isOverwritten(oldest.Place))
        {
            _order.Dequeue();
            Forget(oldest.Key, oldest.Place);
            count++;
        }

        return count;
    }
}
