using Microsoft.Extensions.Options;

namespace Spillway.ServiceDefaults.Configuration;

/// <summary>Runs one validation function and reports all it found.</summary>
internal sealed class SectionValidator<TOptions>(string section, Action<TOptions, OptionsErrors> validate)
    : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var errors = new OptionsErrors(section);
        validate(options, errors);
        return errors.Failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors.Failures);
    }
}
