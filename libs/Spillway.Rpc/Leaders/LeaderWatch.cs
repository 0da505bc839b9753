using System.Threading.Channels;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// Asks who leads: the node that is taken for the leader and one other in turn, twice a second; all at once when the first does
/// not say that it leads. So a leader that is frozen, or cut off from here alone, is noticed although it refuses nothing.
/// </summary>
internal sealed class LeaderWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SearchFirst = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SearchMax = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);

    private readonly MetadataChannels _channels;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<bool> _look = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Task _run;
    private int _next;

    public LeaderWatch(MetadataChannels channels, TimeProvider time)
    {
        _channels = channels;
        _time = time;
        _run = Task.Run(RunAsync);
    }

    /// <summary>Something went wrong with the leader: do not wait for the next turn.</summary>
    public void LookNow() => _look.Writer.TryWrite(true);

    public void Stop() => _stopping.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run;
    }

    private async Task RunAsync()
    {
        var pause = SearchFirst;
        while (!_stopping.IsCancellationRequested)
        {
            var found = await LookAsync();

            // Never faster than this, whatever happens to the calls.
            await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = found ? SearchFirst : pause * 2 < SearchMax ? pause * 2 : SearchMax;
            if (found)
            {
                using var turn = new CancellationTokenSource(Interval, _time);
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(turn.Token, _stopping.Token);
                await ((Task)_look.Reader.ReadAsync(wait.Token).AsTask())
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> LookAsync()
    {
        var leader = _channels.Target.Address;
        var asked = new List<Uri> { leader };
        var others = _channels.Addresses.Where(address => address != leader).ToArray();
        if (others.Length > 0)
        {
            asked.Add(others[_next++ % others.Length]);
        }

        return await AskAsync(asked, leader) || await AskAsync(_channels.Addresses, null);
    }

    /// <summary>Asks some nodes side by side; true as soon as one says that it leads (<paramref name="only"/>: that one).</summary>
    private async Task<bool> AskAsync(IReadOnlyList<Uri> addresses, Uri? only)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var answers = addresses.Select(address => AskAsync(address, enough.Token)).ToArray();
        var leads = false;
        await foreach (var answer in Task.WhenEach(answers))
        {
            var (address, status) = await answer;
            leads |= status is not null && _channels.Learn(address, status) && (only is null || address == only);
            if (leads && only is null)
            {
                await enough.CancelAsync();
            }
        }

        return leads;
    }

    private async Task<(Uri Address, MembersStatusResult? Status)> AskAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return _channels.ChannelTo(address) is { } channel
                ? (address, await channel.UnaryAsync(
                    MembersMethods.Status, new MembersStatusCall { Brief = true }, cancellationToken, AnswerMax))
                : (address, null);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            return (address, null);
        }
    }
}
