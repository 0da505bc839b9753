namespace Spillway.S3Compactor.Compacting;

/// <summary>Last records of keys in a transaction whose end was not read yet. One owner.</summary>
/// <param name="firstOffset">Its first batch that was read.</param>
internal sealed class UndecidedKeys(long firstOffset)
{
    private readonly Dictionary<UInt128, long> _offsets = [];

    public long FirstOffset { get; } = firstOffset;

    public int Count => _offsets.Count;

    public void Set(UInt128 key, long offset) => _offsets[key] = offset;

    /// <summary>The transaction was committed.</summary>
    public void AddTo(KeyOffsets keys)
    {
        foreach (var (key, offset) in _offsets)
        {
            keys.Set(key, offset);
        }
    }
}
