using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>
/// The settings in compose files, manifests and Dockerfiles exist in an options class: a service refuses unknown keys, and a
/// deployment should not be where one finds out.
/// </summary>
internal static partial class DeployedKeys
{
    public static IEnumerable<string> Find(IReadOnlyCollection<RepositoryFile> files)
    {
        var options = files
            .Where(file => file.Name.EndsWith("Options.cs", StringComparison.Ordinal))
            .SelectMany(file => SectionPattern().Matches(file.Text).Select(section => (Section: section.Groups["section"].Value, file.Text)))
            .ToLookup(pair => pair.Section, pair => pair.Text, StringComparer.Ordinal);
        foreach (var file in files.Where(IsDeployment))
        {
            foreach (var key in KeyPattern().Matches(file.Text).Select(key => key.Value).Distinct(StringComparer.Ordinal))
            {
                var parts = key.Split("__");
                var property = $" {parts[2]} {{ get;";
                if (!options[$"{parts[0]}:{parts[1]}"].Any(text => text.Contains(property, StringComparison.Ordinal)))
                {
                    yield return $"{file.Path}: no options class knows {key}";
                }
            }
        }
    }

    private static bool IsDeployment(RepositoryFile file) =>
        file.IsUnder("k8s") || file.Name == "Dockerfile" || file.Name.StartsWith("docker-compose", StringComparison.Ordinal);

    [GeneratedRegex(@"const string Section = ""(?<section>Spillway:\w+)""")]
    private static partial Regex SectionPattern();

    [GeneratedRegex(@"Spillway__[A-Za-z]\w*?__[A-Za-z]\w*")]
    private static partial Regex KeyPattern();
}
