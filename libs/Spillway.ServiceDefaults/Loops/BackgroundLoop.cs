using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Spillway.ServiceDefaults.Loops;

/// <summary>
/// A loop that waits for its timer or for <see cref="Wake"/>, then calls <see cref="RunOnceAsync"/> until there is no
/// more to do. One step runs at a time, so a step owns the loop's state. Expected failures are the step's own; any other
/// exception ends the loop and the host with it. Tests call <see cref="RunOnceAsync"/> and need no host.
/// </summary>
public abstract partial class BackgroundLoop : BackgroundService
{
    // A loop that cannot say for half a minute that it lives is stuck, however short its period is.
    private static readonly TimeSpan SilenceMaxLeast = TimeSpan.FromSeconds(30);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly LoopEnvironment _environment;
    private readonly TimeSpan _period;
    private readonly Random _jitter;
    private readonly ILogger _logger;

    /// <summary>Names the loop and says how often it looks for work unasked.</summary>
    /// <param name="name">Dotted and lower-case, with the service first: <c>wal-writer.flush</c>.</param>
    /// <param name="period">The longest wait between two steps; one part in ten is random, so that peers do not march in step.</param>
    /// <param name="environment">What the host gives every loop.</param>
    protected BackgroundLoop(string name, TimeSpan period, LoopEnvironment environment)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(environment);
        Name = name;
        _period = period;
        _environment = environment;
        _jitter = new Random(HashCode.Combine(name));
        _logger = environment.Loggers.CreateLogger(GetType());
    }

    /// <summary>The loop's name in logs, metrics and the health answer.</summary>
    public string Name { get; }

    /// <summary>The loop's sign of life, for steps that take long; null while the loop does not run.</summary>
    protected LoopHeartbeat? Heartbeat { get; private set; }

    /// <summary>Does one whole step.</summary>
    /// <returns>True while there is more to do at once.</returns>
    public abstract ValueTask<bool> RunOnceAsync(CancellationToken cancellationToken);

    /// <summary>Lets the next step begin now; any number of calls before it begins are one. From any thread.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <inheritdoc />
    [SuppressMessage("Design", "CA1031", Justification = "This is the one place where an unexpected exception of a loop ends up.")]
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var silenceMax = _period * 3 > SilenceMaxLeast ? _period * 3 : SilenceMaxLeast;
        Heartbeat = _environment.Heartbeats.Start(Name, silenceMax);
        using var timer = _environment.Time.CreateTimer(
            static loop => ((BackgroundLoop)loop!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            while (true)
            {
                while (await RunMeasuredAsync(stoppingToken))
                {
                    stoppingToken.ThrowIfCancellationRequested();
                }

                timer.Change(_period * (0.95 + (_jitter.NextDouble() * 0.1)), Timeout.InfiniteTimeSpan);
                await _wake.Reader.ReadAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Heartbeat.Remove();
        }
        catch (Exception exception)
        {
            _environment.Metrics?.StepFailed(Name);
            Log.LoopEnded(_logger, Name, exception);
            _environment.Failure.Report(exception);
        }
    }

    private async ValueTask<bool> RunMeasuredAsync(CancellationToken cancellationToken)
    {
        Heartbeat?.Beat();
        if (_environment.Metrics is not { Enabled: true } metrics)
        {
            return await RunOnceAsync(cancellationToken);
        }

        var start = _environment.Time.GetTimestamp();
        var more = await RunOnceAsync(cancellationToken);
        metrics.StepEnded(Name, _environment.Time.GetElapsedTime(start));
        return more;
    }

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Critical, "The loop {Loop} ended unexpectedly: the process stops.")]
        public static partial void LoopEnded(ILogger logger, string loop, Exception exception);
    }
}
