using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Append;

/// <summary>Is told how an append ended. Both methods are called by any thread and must neither block nor throw.</summary>
public interface IAppendObserver
{
    /// <summary>The append's end; exactly once, perhaps before <see cref="IAppendStream.Append"/> has returned.</summary>
    /// <param name="error">An error of the whole request; then there are no results.</param>
    /// <param name="results">Where there is no error: one for each batch, in order. Valid only during the call.</param>
    void OnAppended(ErrorCode error, ReadOnlySpan<BatchAppendResult> results);

    /// <summary>
    /// Those that ended together with this append have been told too: the time for what is worth doing once for all of them.
    /// Comes once, some time after <see cref="OnAppended"/>.
    /// </summary>
    void OnSettled();
}
