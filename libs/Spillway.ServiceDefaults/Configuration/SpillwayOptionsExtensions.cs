using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Spillway.ServiceDefaults.Configuration;

/// <summary>Binds options classes so that every bad or unknown key stops the start with its full name.</summary>
public static class SpillwayOptionsExtensions
{
    /// <summary>
    /// Binds <typeparamref name="TOptions"/> from <paramref name="section"/>, checks it at start and registers the value
    /// itself as a singleton, so that constructors take the options class and not its wrapper.
    /// </summary>
    /// <param name="builder">The builder of the process.</param>
    /// <param name="section">The section with its prefix, for example <c>Spillway:WalWriter</c>.</param>
    /// <param name="validate">Notes everything that is wrong.</param>
    public static OptionsBuilder<TOptions> AddSpillwayOptions<TOptions>(
        this IHostApplicationBuilder builder, string section, Action<TOptions, OptionsErrors>? validate = null)
        where TOptions : class, new()
    {
        ArgumentException.ThrowIfNullOrEmpty(section);
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ConfigurationKeys>, ConfigurationKeysValidator>());
        builder.Services.AddOptionsWithValidateOnStart<ConfigurationKeys>();
        builder.Services.Configure<ConfigurationKeys>(keys => keys.Add(section, typeof(TOptions)));

        var options = builder.Services.AddOptionsWithValidateOnStart<TOptions>();
        options.Configure<IConfiguration>((value, configuration) => OptionsBinding.Bind(value, configuration, section));
        if (validate is not null)
        {
            builder.Services.AddSingleton<IValidateOptions<TOptions>>(new SectionValidator<TOptions>(section, validate));
        }

        builder.Services.TryAddSingleton(static services => services.GetRequiredService<IOptions<TOptions>>().Value);
        return options;
    }

    /// <summary>The same with a validator class, a generated one (<see cref="OptionsValidatorAttribute"/>) included.</summary>
    public static OptionsBuilder<TOptions> AddSpillwayOptions<TOptions, TValidator>(
        this IHostApplicationBuilder builder, string section)
        where TOptions : class, new()
        where TValidator : class, IValidateOptions<TOptions>, new()
    {
        var options = builder.AddSpillwayOptions<TOptions>(section);
        builder.Services.AddSingleton<IValidateOptions<TOptions>>(
            new FullKeyValidator<TOptions>(section, new TValidator()));
        return options;
    }
}
