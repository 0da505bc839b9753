using Microsoft.Extensions.Options;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>The handlers of configs.</summary>
internal static class ConfigHandlerServices
{
    public static IServiceCollection AddConfigHandlers(this IServiceCollection services) => services
        .AddSingleton<ConfigAnswers>()
        .AddSingleton<ConfigAlterations>()
        .AddSingleton<LogLevelRules>()
        .AddSingleton<IConfigureOptions<LoggerFilterOptions>>(static provider => provider.GetRequiredService<LogLevelRules>())
        .AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(static provider => provider.GetRequiredService<LogLevelRules>())
        .AddSingleton<BrokerLoggers>()
        .AddSingleton<IApiHandler, DescribeConfigsHandler>()
        .AddSingleton<IApiHandler, IncrementalAlterConfigsHandler>()
        .AddSingleton<IApiHandler, AlterConfigsHandler>()
        .AddSingleton<IApiHandler, ListConfigResourcesHandler>();
}
