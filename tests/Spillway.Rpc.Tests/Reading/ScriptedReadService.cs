using Spillway.Rpc.Reading;
using Spillway.Rpc.Wal;

namespace Spillway.Rpc.Tests.Reading;

/// <summary>A writer that gives what a test says.</summary>
internal sealed class ScriptedReadService : IWalReadService
{
    public List<ReadRangeRequest> Asked { get; } = [];

    public Func<ReadRangeRequest, WalRange>? Answer { get; set; }

    public Task<WalRange> ReadRangeAsync(ReadRangeRequest request, CancellationToken cancellationToken)
    {
        Asked.Add(request);
        return Task.FromResult(Answer!(request));
    }
}
