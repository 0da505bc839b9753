using Spillway.Rpc;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Sessions;

namespace Spillway.S3Compactor.Planning;

/// <summary>
/// A job's lease, renewed while it is held. When it is lost, or could not be renewed for as long as it lasts, its token ends the job:
/// somebody else has it then. A lease only saves double work; what keeps two compactors apart is metadata's versions.
/// </summary>
internal sealed class JobLease : IAsyncDisposable
{
    private readonly JobMetadataClient _metadata;
    private readonly CompactorIdentity _identity;
    private readonly Job _job;
    private readonly TimeProvider _time;
    private readonly Action _beat;
    private readonly CancellationTokenSource _ended;
    private readonly CancellationTokenSource _released = new();
    private readonly Task _renewing;
    private bool _isLost;

    private JobLease(
        JobMetadataClient metadata, CompactorIdentity identity, Job job, TimeProvider time, Action beat, CancellationTokenSource ended)
    {
        _metadata = metadata;
        _identity = identity;
        _job = job;
        _time = time;
        _beat = beat;
        _ended = ended;
        _renewing = RenewAsync();
    }

    /// <summary>Cancelled when the job is no longer ours, or the host stops.</summary>
    public CancellationToken Token => _ended.Token;

    public static JobLease Start(
        JobMetadataClient metadata,
        CompactorIdentity identity,
        Job job,
        TimeProvider time,
        Action beat,
        CancellationTokenSource ended) => new(metadata, identity, job, time, beat, ended);

    public async ValueTask DisposeAsync()
    {
        await _released.CancelAsync();
        await _renewing;
        _released.Dispose();
        _ended.Dispose();
    }

    private async Task RenewAsync()
    {
        var lease = TimeSpan.FromMilliseconds(Math.Max(_job.LeaseMs, 1));
        var renewedTimestamp = _time.GetTimestamp();
        using var timer = new PeriodicTimer(lease / 3, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_released.Token))
            {
                _beat();
                var startTimestamp = _time.GetTimestamp();
                if (await TryRenewAsync())
                {
                    renewedTimestamp = startTimestamp;
                }
                else if (_time.GetElapsedTime(renewedTimestamp) >= lease || _isLost)
                {
                    await _ended.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Released.
        }
    }

    private async Task<bool> TryRenewAsync()
    {
        try
        {
            _isLost = (await _metadata.RenewAsync(_identity, _job.JobId, _released.Token)).Lost;
            return !_isLost;
        }
        catch (RpcException)
        {
            return false;
        }
    }
}
