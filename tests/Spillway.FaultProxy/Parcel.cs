namespace Spillway.FaultProxy;

/// <summary>Bytes on their way, or the news that their sender has closed or is gone.</summary>
/// <param name="Buffer">A pooled buffer that the receiver returns; empty for news.</param>
/// <param name="Count">Bytes in it; 0 for an orderly end, −1 for a reset.</param>
/// <param name="ReadAt">When they were read.</param>
/// <param name="JitterShare">What share of the jitter they got.</param>
internal readonly record struct Parcel(byte[] Buffer, int Count, long ReadAt, double JitterShare)
{
    public const int Closed = 0;
    public const int Reset = -1;

    public int Bytes => Math.Max(0, Count);
}
