using Spillway.ProtocolFrontend.Producing;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>A writer whose appends the test completes, over streams that the test breaks.</summary>
internal sealed class ScriptedWriters : IWriters
{
    private readonly Lock _lock = new();
    private readonly List<IAppendObserver> _observers = [];
    private readonly List<long[]> _submitted = [];
    private readonly List<int> _streamNumbers = [];
    private readonly List<Stream> _streams = [];

    /// <summary>The log ids of each append, in the order of submission.</summary>
    public List<long[]> Submitted
    {
        get
        {
            lock (_lock)
            {
                return [.. _submitted];
            }
        }
    }

    /// <summary>The streams that they went to, by number.</summary>
    public List<int> StreamNumbers
    {
        get
        {
            lock (_lock)
            {
                return [.. _streamNumbers];
            }
        }
    }

    public bool HasWriter { get; set; } = true;

    /// <summary>Called with an append before the writer has it.</summary>
    public Action<AppendRequest>? Appending { get; set; }

    public IAppendStream? Choose(string connectionId)
    {
        lock (_lock)
        {
            if (_streams.Count == 0 || _streams[^1].IsBroken)
            {
                _streams.Add(new Stream(this, _streams.Count));
            }

            return HasWriter ? _streams[^1] : null;
        }
    }

    /// <summary>The stream takes no more; what became of its appends is told as always.</summary>
    public void BreakStream() => _streams[^1].IsBroken = true;

    public void Complete(int append, AppendResult result)
    {
        _observers[append].OnAppended(result.Error, [.. result.Batches]);
        _observers[append].OnSettled();
    }

    private sealed class Stream(ScriptedWriters owner, int number) : IAppendStream
    {
        public bool IsBroken { get; set; }

        public void Append(AppendRequest request, IAppendObserver observer)
        {
            owner.Appending?.Invoke(request);
            lock (owner._lock)
            {
                owner._submitted.Add([.. request.Batches.Select(static batch => batch.LogId.Value)]);
                owner._streamNumbers.Add(number);
                owner._observers.Add(observer);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
