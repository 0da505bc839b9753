namespace Spillway.History.Checking;

/// <summary>What is known of one partition: its version order, the map of offsets to values.</summary>
internal sealed class KeyLog(int number, string name)
{
    /// <summary>No value at an offset.</summary>
    public const long Nothing = long.MinValue;

    public int Number { get; } = number;

    public string Name { get; } = name;

    public PagedTable<long> Values { get; } = new(Nothing);

    /// <summary>The highest offset that an acknowledgement or a poll has shown so far, −1 for none.</summary>
    public long HighestKnownOffset { get; set; } = -1;

    /// <summary>The highest offset that a consumer was given, −1 for none.</summary>
    public long HighestPolledOffset { get; set; } = -1;

    /// <summary>Offsets below are gone, as retention and DeleteRecords have it.</summary>
    public long LogStartOffset { get; set; }

    /// <summary>All known offsets with their values, in order.</summary>
    public IEnumerable<(long Offset, long Value)> InOrder()
    {
        foreach (var page in Values.Pages)
        {
            var first = page * PagedTable<long>.NumbersPerPage;
            for (var offset = first; offset < first + PagedTable<long>.NumbersPerPage; offset++)
            {
                var value = Values.Find(offset);
                if (value != Nothing)
                {
                    yield return (offset, value);
                }
            }
        }
    }
}
