using Microsoft.Extensions.Hosting;

namespace Spillway.ServiceDefaults.Loops;

/// <summary>The exception that ended a loop, and with it the process: the exit code depends on it. Thread-safe.</summary>
public sealed class LoopFailure(IHostApplicationLifetime? lifetime = null)
{
    private Exception? _exception;

    /// <summary>The first failure, null while all is well.</summary>
    public Exception? Exception => Volatile.Read(ref _exception);

    /// <summary>Keeps the first failure and stops the host: restarting clean beats running wrong.</summary>
    public void Report(Exception exception)
    {
        Interlocked.CompareExchange(ref _exception, exception, null);
        lifetime?.StopApplication();
    }
}
