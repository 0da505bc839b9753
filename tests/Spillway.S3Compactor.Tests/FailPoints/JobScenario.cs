using Spillway.Storage.Objects;
using Spillway.Testing.Objects;

namespace Spillway.S3Compactor.Tests.FailPoints;

/// <summary>A kind of job as the fail-point tests let it die: what there is to do, which places it passes, what it asks of the store.</summary>
/// <param name="Name">What the test is called.</param>
/// <param name="Request">The request that changes the store.</param>
/// <param name="HalfDone">How such a request is half done.</param>
/// <param name="ArrangeAsync">Leaves a job of the kind as the next one there is; all of its places are passed by doing it.</param>
/// <param name="FailPoints">The places.</param>
internal sealed record JobScenario(
    string Name,
    ObjectRequestKind Request,
    ObjectFault HalfDone,
    Func<CompactorTestContext, Task> ArrangeAsync,
    IReadOnlyList<string> FailPoints)
{
    public override string ToString() => Name;
}
