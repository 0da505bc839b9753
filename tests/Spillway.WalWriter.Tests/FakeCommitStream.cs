using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;

namespace Spillway.WalWriter.Tests;

/// <summary>A commit stream whose blocks are noted as they come and answered one after the other; the first exception breaks it.</summary>
internal sealed class FakeCommitStream(
    ICommitObserver observer, Func<CommitBlockRequest, Func<Task<BlockOutcome>>> take)
    : ICommitStream
{
    private readonly CancellationTokenSource _ended = new();
    private Task _last = Task.CompletedTask;

    public void Commit(ReadOnlySpan<byte> request)
    {
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        var parsed = CommitBlockRequest.Parser.ParseFrom(request);
        _last = AnswerAsync(_last, take(parsed));
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _last;
    }

    private async Task AnswerAsync(Task previous, Func<Task<BlockOutcome>> answerAsync)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        try
        {
            observer.OnAnswered(await answerAsync().WaitAsync(_ended.Token));
        }
        catch (OperationCanceledException)
        {
            // Nobody waits any more.
        }
        catch (RpcException reason)
        {
            await _ended.CancelAsync();
            observer.OnBroken(reason);
        }
    }
}
