using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Producing;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>A writer whose appends the test completes.</summary>
internal sealed class ScriptedWriters : IWriters, IAppendStream
{
    private readonly List<IAppendObserver> _observers = [];

    /// <summary>The log ids of each append, in the order of submission.</summary>
    public List<long[]> Submitted { get; } = [];

    public bool HasWriter { get; set; } = true;

    public bool IsBroken => false;

    public IAppendStream? Choose(ConnectionState connection, string connectionId) => HasWriter ? this : null;

    public void Append(AppendRequest request, IAppendObserver observer)
    {
        lock (_observers)
        {
            Submitted.Add([.. request.Batches.Select(static batch => batch.LogId.Value)]);
            _observers.Add(observer);
        }
    }

    public void Complete(int append, AppendResult result)
    {
        _observers[append].OnAppended(result.Error, [.. result.Batches]);
        _observers[append].OnSettled();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
