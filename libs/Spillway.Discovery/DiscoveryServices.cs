using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Spillway.Discovery;

/// <summary>Constructs the directory that the configuration names.</summary>
public static class DiscoveryServices
{
    /// <summary>
    /// Adds <see cref="IServiceDirectory"/>; the host has <see cref="DiscoveryOptions"/> and a <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddServiceDirectory(this IServiceCollection services)
    {
        services.TryAddSingleton<INameResolver, SystemNameResolver>();
        services.TryAddSingleton(static provider => Create(
            provider.GetRequiredService<DiscoveryOptions>(),
            provider.GetRequiredService<INameResolver>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>The directory for valid options.</summary>
    public static IServiceDirectory Create(DiscoveryOptions options, INameResolver resolver, TimeProvider time)
    {
        var endpoints = options.Endpoints.Select(text =>
            ServiceEndpoint.TryParse(text, out var endpoint) ? endpoint : throw new ArgumentException($"Not an endpoint: {text}", nameof(options)));
        return options.Kind switch
        {
            DiscoveryKind.Static => new StaticServiceDirectory(endpoints),
            DiscoveryKind.Dns => new DnsServiceDirectory(endpoints, resolver, options.RefreshPeriod, time),
            _ => throw new UnreachableException(),
        };
    }
}
