using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Spillway.Rpc;

/// <summary>Registers the memory that Kestrel's pipes use.</summary>
public static class LargeBlockMemoryPoolServiceCollectionExtensions
{
    /// <summary>
    /// Makes Kestrel receive in 64 KB blocks. Call it after UseKestrel, UseKestrelCore or UseSockets (which
    /// <c>WebApplication.CreateBuilder</c> has called): they register the 4 KB pool over whatever came before.
    /// </summary>
    public static IServiceCollection AddLargeBlockMemoryPool(this IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>, LargeBlockMemoryPoolFactory>());
}
