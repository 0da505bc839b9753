using System.Globalization;
using Microsoft.Extensions.Options;

namespace Spillway.ServiceDefaults.Configuration;

/// <summary>
/// Gives the failures of any validator their full key and an example: validators made by attributes know the property,
/// but not the section it is bound from.
/// </summary>
internal sealed class FullKeyValidator<TOptions>(string section, IValidateOptions<TOptions> inner) : IValidateOptions<TOptions>
    where TOptions : class, new()
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var result = inner.Validate(name, options);
        return result.Failed ? ValidateOptionsResult.Fail((result.Failures ?? []).Select(Complete)) : result;
    }

    private string Complete(string failure)
    {
        if (failure.Contains(section, StringComparison.Ordinal))
        {
            return failure;
        }

        // Generated validators write "Property: The field Type.Property must be …".
        var colon = failure.IndexOf(':', StringComparison.Ordinal);
        var property = colon > 0 ? typeof(TOptions).GetProperty(failure[..colon]) : null;
        if (property is null)
        {
            return $"{section}: {failure}";
        }

        var key = $"{section}:{property.Name}";
        var rule = failure[(colon + 1)..].Trim().Replace($"The field {typeof(TOptions).Name}.{property.Name} ", "", StringComparison.Ordinal);
        return property.GetValue(new TOptions()) is { } example && example.ToString() is not ""
            ? string.Create(CultureInfo.InvariantCulture, $"{key} {rule} (for example {key}={example})")
            : $"{key} {rule}";
    }
}
