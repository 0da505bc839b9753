using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;

namespace Spillway.Storage.Caching;

/// <summary>Adds reading of objects through caches.</summary>
public static class ObjectFetcherServices
{
    /// <summary>Adds <see cref="ObjectFetcher"/> and the object store below it.</summary>
    public static IServiceCollection AddObjectFetcher(this IServiceCollection services)
    {
        services.AddObjectStore();
        services.AddOptionsWithValidateOnStart<ObjectCacheOptions>().BindConfiguration(ObjectCacheOptions.Section);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ObjectCacheOptions>, ObjectCacheOptionsValidator>());
        services.TryAddSingleton<ObjectCacheMetrics>();
        services.TryAddSingleton(provider => new ObjectFetcher(
            provider.GetRequiredService<IObjectStore>(),
            BufferPool.Shared,
            provider.GetRequiredService<IOptions<ObjectCacheOptions>>().Value,
            provider.GetRequiredService<ObjectCacheMetrics>(),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILogger<ObjectFetcher>>()));
        return services;
    }
}
