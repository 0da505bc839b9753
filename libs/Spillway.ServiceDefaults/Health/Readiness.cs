using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Spillway.ServiceDefaults.Draining;

namespace Spillway.ServiceDefaults.Health;

/// <summary>Asks every check, side by side and in bounded time, whether this process should be sent work.</summary>
internal sealed class Readiness(
    IEnumerable<IReadinessCheck> checks, DrainState drain, IHostApplicationLifetime lifetime, TimeProvider time)
{
    // Well below the 5 s that probes usually wait, so that the answer says which dependency hangs.
    private static readonly TimeSpan CheckTimeMax = TimeSpan.FromSeconds(2);

    private readonly IReadinessCheck[] _checks = [.. checks];

    /// <summary>Why this process is not ready, one line a reason; empty when it is.</summary>
    public async Task<IReadOnlyList<string>> FindReasonsAsync(CancellationToken cancellationToken)
    {
        if (drain.IsDraining)
        {
            return ["draining"];
        }

        if (!lifetime.ApplicationStarted.IsCancellationRequested)
        {
            return ["starting"];
        }

        var reasons = await Task.WhenAll(_checks.Select(check => FindReasonAsync(check, cancellationToken)));
        return [.. reasons.OfType<string>()];
    }

    [SuppressMessage("Design", "CA1031", Justification = "A check that throws is a dependency that is not ready, whatever it threw.")]
    private async Task<string?> FindReasonAsync(IReadinessCheck check, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(CheckTimeMax, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var answer = check.FindReasonNotReadyAsync(linked.Token).AsTask();
            return await answer.WaitAsync(linked.Token) is { } reason ? $"{check.Name}: {reason}" : null;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return $"{check.Name}: no answer within {CheckTimeMax.TotalSeconds} s";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return $"{check.Name}: {exception.Message.ReplaceLineEndings(" ")}";
        }
    }
}
