using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Spillway.Storage.Objects;

/// <summary>Adds the object store that the configuration names.</summary>
public static class ObjectStoreServices
{
    /// <summary>
    /// Adds <see cref="IObjectStore"/> as <see cref="ObjectStoreOptions"/> say. May be called by several modules of one process; they share
    /// one store.
    /// </summary>
    public static IServiceCollection AddObjectStore(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(s => s.ServiceType == typeof(IObjectStore)))
        {
            return services;
        }

        services.AddMetrics();
        services.AddOptionsWithValidateOnStart<ObjectStoreOptions>().BindConfiguration(ObjectStoreOptions.Section);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ObjectStoreOptions>, ObjectStoreOptionsValidator>());
        services.TryAddSingleton<ObjectStoreMetrics>();
        services.TryAddSingleton(provider => Create(
            provider.GetRequiredService<IOptions<ObjectStoreOptions>>().Value,
            provider.GetRequiredService<ObjectStoreMetrics>()));
        return services;
    }

    /// <summary>Makes the store that the options name, for tools that have no container.</summary>
    public static IObjectStore Create(ObjectStoreOptions options, ObjectStoreMetrics? metrics)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Kind switch
        {
            ObjectStoreKind.S3 => new S3ObjectStore(options.S3, options.KeyPrefix, metrics),
            _ => new FolderObjectStore(
                options.KeyPrefix.Length == 0 ? options.Folder : Path.Combine(options.Folder, options.KeyPrefix), metrics),
        };
    }
}
