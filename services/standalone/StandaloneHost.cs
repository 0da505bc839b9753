using Spillway.Metadata;
using Spillway.ProtocolFrontend;
using Spillway.S3Compactor;
using Spillway.ServiceDefaults;
using Spillway.Standalone.CommandLine;
using Spillway.WalWriter;
using Spillway.ZoneRouter;

namespace Spillway.Standalone;

/// <summary>All five modules in one process on one folder: the embedded default. Composition only.</summary>
public static class StandaloneHost
{
    /// <summary>Runs until it is told to stop; the result is the exit code of the process.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        var (options, error) = StandaloneArguments.Parse(args);
        if (options is null)
        {
            await (error is null ? output : errors).WriteLineAsync(error ?? StandaloneArguments.Usage).ConfigureAwait(false);
            return error is null ? 0 : ServiceHost.ExitRefused;
        }

        return await ServiceHost.RunAsync(options.HostArguments, _ => Build(options, output)).ConfigureAwait(false);
    }

    internal static WebApplication Build(StandaloneOptions options, TextWriter output)
    {
        var builder = ServiceHost.CreateBuilder(options.HostArguments);
        builder.Configuration.AddStandaloneDefaults(options);
        builder.AddServiceDefaults("standalone");
        builder.AddMetadata();
        builder.AddWalWriter();
        builder.AddS3Compactor();
        builder.AddZoneRouter();
        builder.AddProtocolFrontend(writerInProcess: true);

        var app = builder.Build();
        app.MapServiceDefaults();
        app.AnnounceWhenStarted(options, output);
        return app;
    }
}
