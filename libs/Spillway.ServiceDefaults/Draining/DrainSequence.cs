using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Spillway.ServiceDefaults.Draining;

/// <summary>
/// Drains all parts stage by stage before any hosted service (loops, Kestrel) is stopped: the host calls
/// <see cref="StoppingAsync"/> of all services first. The whole stop, this and the hosted services, has one drain time.
/// </summary>
internal sealed partial class DrainSequence : IHostedLifecycleService
{
    // What finishing may take of the drain time; the rest is kept for flushing and closing, which are what durability wants.
    private const double FinishShare = 0.7;

    private readonly IDrainable[] _parts;
    private readonly DrainState _state;
    private readonly ServiceOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DrainSequence> _logger;

    public DrainSequence(
        IEnumerable<IDrainable> parts,
        DrainState state,
        ServiceOptions options,
        TimeProvider time,
        ILogger<DrainSequence> logger,
        IHostApplicationLifetime lifetime)
    {
        _parts = [.. parts];
        _state = state;
        _options = options;
        _time = time;
        _logger = logger;
        lifetime.ApplicationStopping.Register(state.Begin);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _state.Begin();
        var start = _time.GetTimestamp();
        using var finish = new CancellationTokenSource(_options.DrainTime * FinishShare, _time);
        using var whole = new CancellationTokenSource(_options.DrainTime, _time);
        foreach (var stage in _parts.GroupBy(part => part.Stage).OrderBy(stage => stage.Key))
        {
            var token = stage.Key <= DrainStage.FinishInFlight ? finish.Token : whole.Token;
            await Task.WhenAll(stage.Select(part => DrainAsync(part, token)));
        }

        Log.Drained(_logger, _time.GetElapsedTime(start).TotalMilliseconds);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [SuppressMessage("Design", "CA1031", Justification = "One part's failure must not keep the others from draining.")]
    private async Task DrainAsync(IDrainable part, CancellationToken cancellationToken)
    {
        try
        {
            // The wait ends with the stage even where a part does not watch its token.
            await part.DrainAsync(cancellationToken).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.OutOfTime(_logger, part.Name, part.Stage);
        }
        catch (Exception exception)
        {
            Log.DrainFailed(_logger, part.Name, part.Stage, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Information, "Drained in {DurationMs:F0} ms.")]
        public static partial void Drained(ILogger logger, double durationMs);

        [LoggerMessage(111, LogLevel.Warning, "{Part} did not end its stage {Stage} in the drain time.")]
        public static partial void OutOfTime(ILogger logger, string part, DrainStage stage);

        [LoggerMessage(112, LogLevel.Error, "{Part} failed in its stage {Stage}.")]
        public static partial void DrainFailed(ILogger logger, string part, DrainStage stage, Exception exception);
    }
}
