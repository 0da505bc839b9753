using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Spillway.ServiceDefaults.Draining;

/// <summary>Gives the host our drain time as its shutdown timeout.</summary>
internal sealed class DrainTimeSetup(IServiceProvider services) : IConfigureOptions<HostOptions>
{
    public void Configure(HostOptions options)
    {
        try
        {
            options.ShutdownTimeout = services.GetRequiredService<ServiceOptions>().DrainTime;
        }
        catch (OptionsValidationException)
        {
            // The host asks for this before the listeners are configured, which tells this error together with all others.
        }
    }
}
