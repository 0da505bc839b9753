using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Spillway.Storage.Faults;

/// <summary>Adds the faults of a process: one set for all its modules.</summary>
public static class FaultServices
{
    /// <summary>
    /// Adds <see cref="FaultControl"/> and <see cref="IFailPoints"/>; the host has bound <see cref="FaultOptions"/>. May be called by
    /// several modules of one process.
    /// </summary>
    public static IServiceCollection AddFaults(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<FaultControl>();
        services.TryAddSingleton(static provider => CreateFailPoints(provider.GetRequiredService<FaultControl>()));
        return services;
    }

    /// <summary>The hooks that a control drives; those that do nothing where it is off.</summary>
    public static IFailPoints CreateFailPoints(FaultControl control)
    {
        ArgumentNullException.ThrowIfNull(control);
        return control.IsOn ? new ControlledFailPoints(control) : NoFailPoints.Instance;
    }
}
