using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spillway.ServiceDefaults.Loops;

namespace Spillway.ServiceDefaults;

/// <summary>Runs a service so that what the operator got wrong is one line on stderr and an exit code, not a stack trace.</summary>
public static class ServiceHost
{
    /// <summary>The exit code of a failure that is ours.</summary>
    public const int ExitFailed = 1;

    /// <summary>The exit code of a start that the configuration or the machine does not allow.</summary>
    public const int ExitRefused = 2;

    /// <summary>
    /// The builder every service starts from: the slim one, without file watchers (nothing here reloads, and
    /// starting them costs time).
    /// </summary>
    public static WebApplicationBuilder CreateBuilder(string[] args) =>
        WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);

    /// <summary>Builds and runs a service; the result is the exit code of the process.</summary>
    public static Task<int> RunAsync(string[] args, Func<string[], WebApplication> build) =>
        RunAsync(args, build, Console.Error);

    /// <summary>Runs a service that is already built; the result is the exit code of the process.</summary>
    public static Task<int> RunAsync(WebApplication app) => RunAsync(app, Console.Error);

    internal static async Task<int> RunAsync(string[] args, Func<string[], WebApplication> build, TextWriter errors)
    {
        WebApplication app;
        try
        {
            app = build(args);
        }
        catch (Exception exception) when (FindReason(exception) is { } reason)
        {
            await errors.WriteLineAsync(reason);
            return ExitRefused;
        }

        return await RunAsync(app, errors);
    }

    internal static async Task<int> RunAsync(WebApplication app, TextWriter errors)
    {
        await using (app)
        {
            try
            {
                await StartAsync(app);
                await app.WaitForShutdownAsync();
            }
            catch (Exception exception) when (FindReason(exception) is { } reason)
            {
                await errors.WriteLineAsync(reason);

                // Says that this is a stop: the host would call the loops that end with it failed ones.
                app.Lifetime.StopApplication();
                return ExitRefused;
            }

            // A plain BackgroundService that fails stops the host too, but the host then says all went well.
            var failed = app.Services.GetService<LoopFailure>() is { Exception: not null }
                || app.Services.GetServices<IHostedService>()
                    .Any(service => service is BackgroundService { ExecuteTask.IsFaulted: true });
            return failed ? ExitFailed : 0;
        }
    }

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A signal, or a loop that failed, before the start was done: the host gave up starting but stopped nothing yet.
            await app.StopAsync();
        }
    }

    /// <summary>The line for an exception whose reason lies outside this process, else null: a bug keeps its stack.</summary>
    internal static string? FindReason(Exception exception)
    {
        var reason = exception switch
        {
            OptionsValidationException invalid => "invalid configuration: " + string.Join("; ", invalid.Failures),
            AggregateException several when several.InnerExceptions.All(inner => inner is OptionsValidationException) =>
                "invalid configuration: " + string.Join("; ", several.InnerExceptions.Cast<OptionsValidationException>()
                    .SelectMany(invalid => invalid.Failures)),
            StartupException refused => refused.Message,
            IOException { InnerException: AddressInUseException } inUse =>
                inUse.Message.TrimEnd('.') + ": stop the process that has it or choose another port",
            SocketException { SocketErrorCode: SocketError.AccessDenied or SocketError.AddressNotAvailable } socket =>
                $"cannot listen: {socket.Message}: check the configured addresses and ports",
            _ => null,
        };
        return reason is null ? null : "cannot start: " + reason.ReplaceLineEndings(" ");
    }
}
