using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Producing;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>A writer whose appends the test completes.</summary>
internal sealed class ScriptedWriters : IWriters, IAppendStream
{
    private readonly List<TaskCompletionSource<AppendResult>> _results = [];

    /// <summary>The log ids of each append, in the order of submission.</summary>
    public List<long[]> Submitted { get; } = [];

    public bool HasWriter { get; set; } = true;

    public bool IsBroken => false;

    public IAppendStream? Choose(ConnectionState connection, string connectionId) => HasWriter ? this : null;

    public ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        lock (_results)
        {
            Submitted.Add([.. request.Batches.Select(static batch => batch.LogId.Value)]);
            _results.Add(new TaskCompletionSource<AppendResult>(TaskCreationOptions.RunContinuationsAsynchronously));
            return new ValueTask<AppendResult>(_results[^1].Task);
        }
    }

    public void Complete(int append, AppendResult result) => _results[append].SetResult(result);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
