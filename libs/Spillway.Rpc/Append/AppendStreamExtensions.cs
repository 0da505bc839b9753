using Spillway.Kafka.Errors;

namespace Spillway.Rpc.Append;

/// <summary>Appends for callers that wait one by one. Each call allocates; the produce path uses the stream itself.</summary>
public static class AppendStreamExtensions
{
    /// <summary>Appends and waits for the end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Gives up the wait, not the append.</param>
    public static ValueTask<AppendResult> AppendAsync(
        this IAppendStream stream, AppendRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        }
        var waiter = new Waiter();
        stream.Append(request, waiter);
        return new ValueTask<AppendResult>(waiter.Task.WaitAsync(cancellationToken));
    }

    private sealed class Waiter()
        : TaskCompletionSource<AppendResult>(TaskCreationOptions.RunContinuationsAsynchronously), IAppendObserver
    {
        public void OnAppended(ErrorCode error, ReadOnlySpan<BatchAppendResult> results) =>
            SetResult(error == ErrorCode.None ? AppendResult.Of(results.ToArray()) : AppendResult.Failed(error));

        public void OnSettled()
        {
        }
    }
}
