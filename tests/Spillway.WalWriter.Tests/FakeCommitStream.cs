using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;

namespace Spillway.WalWriter.Tests;

/// <summary>A commit stream whose blocks are noted as they come and answered one after the other; the first exception breaks it.</summary>
internal sealed class FakeCommitStream(
    ICommitObserver observer, Action<CommitBlockRequest> note, Func<CommitBlockRequest, Task<BlockOutcome>> answerAsync)
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
        note(parsed);
        _last = AnswerAsync(_last, parsed);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _last;
    }

    private async Task AnswerAsync(Task previous, CommitBlockRequest request)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (_ended.IsCancellationRequested)
        {
            return;
        }

        try
        {
            observer.OnAnswered(await answerAsync(request).WaitAsync(_ended.Token));
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
