namespace Spillway.Metadata.Producers;

/// <summary>Arithmetic of Kafka's sequence numbers: 0 follows 2^31 − 1.</summary>
internal static class Sequences
{
    /// <summary>The sequence <paramref name="count"/> records further.</summary>
    public static int Add(int sequence, long count) => (int)((sequence + count) & int.MaxValue);

    /// <summary>How many records lie from one to the other, going up.</summary>
    public static int Distance(int from, int to) => (to - from) & int.MaxValue;
}
