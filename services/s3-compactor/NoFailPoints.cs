namespace Spillway.S3Compactor;

/// <summary>The hook that does nothing.</summary>
internal sealed class NoFailPoints : IFailPoints
{
    public static NoFailPoints Instance { get; } = new();

    public void Pass(string failPoint)
    {
    }
}
