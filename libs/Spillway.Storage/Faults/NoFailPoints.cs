namespace Spillway.Storage.Faults;

/// <summary>The hooks that do nothing.</summary>
public sealed class NoFailPoints : IFailPoints
{
    private NoFailPoints()
    {
    }

    /// <summary>The one instance.</summary>
    public static NoFailPoints Instance { get; } = new();

    /// <inheritdoc/>
    public void Pass(string failPoint)
    {
    }

    /// <inheritdoc/>
    public ValueTask PassAsync(string failPoint, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
