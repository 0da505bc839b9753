using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spillway.ServiceDefaults.Configuration;
using Spillway.ServiceDefaults.Draining;
using Spillway.ServiceDefaults.Health;
using Spillway.ServiceDefaults.Logging;
using Spillway.ServiceDefaults.Loops;
using Spillway.ServiceDefaults.Metrics;

namespace Spillway.ServiceDefaults;

/// <summary>What every service has in common: options, logs, metrics, health and drain.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Adds what every service has; the first call of a service's composition.</summary>
    /// <param name="builder">The builder of the process.</param>
    /// <param name="serviceName">The kebab-case name of the service.</param>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string serviceName)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceName);
        var version = Assembly.GetEntryAssembly()?.GetName().Version?.ToString(3) ?? "0.0.0";
        builder.Services.AddSingleton(new ServiceIdentity(serviceName, version));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddSpillwayOptions<ServiceOptions>(ServiceOptions.Section, ServiceOptions.Validate);
        builder.AddLogging();
        builder.AddListener();
        builder.Services.AddSingleton<LoopHeartbeats>();
        builder.Services.AddSingleton<LoopFailure>();
        builder.Services.AddSingleton<LoopMetrics>();
        builder.Services.AddSingleton<LoopEnvironment>();
        builder.Services.AddSingleton<DrainState>();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<PrometheusExporter>();
        builder.Services.AddHostedService<DrainSequence>();
        builder.Services.AddSingleton<IConfigureOptions<HostOptions>, DrainTimeSetup>();
        return builder;
    }

    /// <summary>Maps /healthz/live, /healthz/ready and /metrics.</summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        // Resolved here and not at the first scrape: the exporter has to hear every measurement from the start.
        var exporter = app.Services.GetRequiredService<PrometheusExporter>();
        exporter.Start();
        app.MapGet("/metrics", exporter.WriteAsync);
        HealthEndpoints.Map(app);
        return app;
    }

    private static void AddListener(this WebApplicationBuilder builder)
    {
        // The base image of ASP.NET sets ASPNETCORE_HTTP_PORTS; our listeners come from our own options only.
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            // Listeners are the first to ask for options, inside Build, long before the host validates at start:
            // without this the first bad value would hide all others.
            kestrel.ApplicationServices.GetRequiredService<IStartupValidator>().Validate();
            var options = kestrel.ApplicationServices.GetRequiredService<ServiceOptions>();
            kestrel.AddServerHeader = false;
            kestrel.Listen(
                IPAddress.Parse(options.HttpAddress),
                options.HttpPort,
                static listen => listen.Protocols = HttpProtocols.Http1);
        });
    }

    private static void AddLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
        builder.Logging.AddConsole(static console =>
        {
            // stdout is for what a command prints; logs go to stderr.
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = LogfmtFormatter.FormatterName;
        });
        builder.Logging.AddConsoleFormatter<LogfmtFormatter, LogfmtOptions>();
    }
}
