namespace Spillway.History.Checking;

/// <summary>Where one process's consumer stands.</summary>
internal sealed class ConsumerPosition
{
    /// <summary>The last offset read of each partition, or the one before the place it was told to go on from.</summary>
    public Dictionary<string, long> LastOffsets { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a group gives it its partitions.</summary>
    public bool IsSubscribed { get; set; }

    public void Forget()
    {
        LastOffsets.Clear();
        IsSubscribed = false;
    }

    public void GoOnFrom(string key, long offset)
    {
        if (offset < 0)
        {
            LastOffsets.Remove(key);
        }
        else
        {
            LastOffsets[key] = offset - 1;
        }
    }
}
