using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>Every package has its version in one place and its reason in the ADR.</summary>
internal static partial class PackageReasons
{
    public const string Adr = "docs/adr/0001-packages.md";

    public static IEnumerable<string> Find(IReadOnlyCollection<RepositoryFile> files)
    {
        var reasons = files.FirstOrDefault(file => file.Path == Adr)?.Text ?? "";
        foreach (var project in files.Where(file => Path.GetExtension(file.Path) is ".csproj" or ".props" or ".targets"))
        {
            foreach (Match package in PackagePattern().Matches(project.Text))
            {
                var name = package.Groups["name"].Value;
                if (package.Groups["kind"].Value == "Version" && !reasons.Contains($"`{name}`", StringComparison.Ordinal))
                {
                    yield return $"{project.Path}: {name} has no line in {Adr}";
                }

                if (package.Groups["kind"].Value == "Reference" && package.Value.Contains(" Version=", StringComparison.Ordinal))
                {
                    yield return $"{project.Path}: the version of {name} belongs into Directory.Packages.props";
                }
            }
        }
    }

    [GeneratedRegex("<Package(?<kind>Reference|Version)[^>]*Include=\"(?<name>[^\"]+)\"[^>]*>")]
    private static partial Regex PackagePattern();
}
