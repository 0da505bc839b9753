using Spillway.Storage.Faults;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>Between any two steps the process may die, or others do something.</summary>
internal sealed class WorldFailPoints(Func<string, Task> onPass) : IFailPoints
{
    public void Pass(string failPoint) => throw new NotSupportedException("Jobs pass their places asynchronously.");

    public async ValueTask PassAsync(string failPoint, CancellationToken cancellationToken) => await onPass(failPoint);
}
