using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Append;

/// <summary>One append of a session, from its reading to its reply. The session uses it again and again.</summary>
internal sealed class SubmittedAppend(WalAppendSession session) : IAppendObserver
{
    private const int ResultsKept = 256;

    private BatchAppendResult[] _results = [];
    private int _resultCount;
    private volatile bool _isDone;

    public ulong Id { get; private set; }

    /// <summary>Of the request's message.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>Whether it can be answered, or is abandoned.</summary>
    public bool IsDone => _isDone;

    /// <summary>The stream did not take it: nobody knows its outcome.</summary>
    public bool IsAbandoned { get; private set; }

    public ErrorCode Error { get; private set; }

    public ReadOnlySpan<BatchAppendResult> Results => _results.AsSpan(0, _resultCount);

    public void Begin(ulong id, int lengthBytes)
    {
        (Id, LengthBytes, IsAbandoned) = (id, lengthBytes, false);
        _isDone = false;
    }

    public void Abandon()
    {
        IsAbandoned = true;
        _isDone = true;
        session.OnSettled();
    }

    public void OnAppended(ErrorCode error, ReadOnlySpan<BatchAppendResult> results)
    {
        Error = error;
        _resultCount = results.Length;
        if (_results.Length < results.Length || _results.Length > Math.Max(ResultsKept, results.Length))
        {
            _results = new BatchAppendResult[results.Length];
        }
        results.CopyTo(_results);
        _isDone = true;
    }

    public void OnSettled() => session.OnSettled();
}
