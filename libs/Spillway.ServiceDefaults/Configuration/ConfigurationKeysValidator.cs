using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Spillway.ServiceDefaults.Configuration;

/// <summary>Refuses keys under <c>Spillway:</c> that no module knows: a misspelt limit must not be a silent default.</summary>
internal sealed class ConfigurationKeysValidator(IConfiguration configuration) : IValidateOptions<ConfigurationKeys>
{
    private const string Root = "Spillway";

    public ValidateOptionsResult Validate(string? name, ConfigurationKeys options)
    {
        var failures = new List<string>();
        if (options.Root.Find(Root) is { } known)
        {
            Check(configuration.GetSection(Root), known, options.Root, failures);
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check(IConfigurationSection section, ConfigurationKey known, ConfigurationKey root, List<string> failures)
    {
        var hasChildren = false;
        foreach (var child in section.GetChildren())
        {
            hasChildren = true;
            if (known.Find(child.Key) is { } key)
            {
                Check(child, key, root, failures);
            }
            else
            {
                var leaf = FindFirstLeaf(child);
                failures.Add($"unknown key {leaf}: did you mean {NearestName.Find(leaf, root.EnumerateLeaves(""))}?");
            }
        }

        if (!hasChildren && !string.IsNullOrEmpty(section.Value) && known.Children.Count + (known.AnyChild is null ? 0 : 1) > 0)
        {
            failures.Add($"{section.Path} has parts: set {known.EnumerateLeaves(section.Path).First()} instead");
        }
    }

    private static string FindFirstLeaf(IConfigurationSection section) =>
        section.GetChildren().FirstOrDefault() is { } child ? FindFirstLeaf(child) : section.Path;
}
