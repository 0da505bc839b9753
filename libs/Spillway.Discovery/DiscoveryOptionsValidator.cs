using Microsoft.Extensions.Options;

namespace Spillway.Discovery;

/// <summary>Reports everything that is wrong with <see cref="DiscoveryOptions"/>.</summary>
public sealed class DiscoveryOptionsValidator : IValidateOptions<DiscoveryOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, DiscoveryOptions options)
    {
        var failures = new List<string>();
        for (var i = 0; i < options.Endpoints.Count; i++)
        {
            if (!ServiceEndpoint.TryParse(options.Endpoints[i], out _))
            {
                var key = $"{DiscoveryOptions.Section}:Endpoints:{i}";
                failures.Add($"{key} must be SERVICE[@ZONE]=HOST:PORT, not '{options.Endpoints[i]}' (for example {key}=wal-writer@a=10.0.1.7:9100)");
            }
        }

        if (options.RefreshPeriod < TimeSpan.FromMilliseconds(100) || options.RefreshPeriod > TimeSpan.FromHours(1))
        {
            var key = $"{DiscoveryOptions.Section}:{nameof(DiscoveryOptions.RefreshPeriod)}";
            failures.Add($"{key} must be from 100 ms to one hour (for example {key}=00:00:05)");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
