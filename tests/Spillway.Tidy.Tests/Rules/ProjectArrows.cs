using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>Who may reference whom. Changing this table is changing the architecture.</summary>
internal static partial class ProjectArrows
{
    private static readonly Dictionary<string, string[]> LibraryArrows = new(StringComparer.Ordinal)
    {
        // The generator is an analyzer of the build, not a reference of the code.
        ["Spillway.Kafka"] = ["Spillway.Kafka.Generator"],
        ["Spillway.Kafka.Generator"] = [],
        ["Spillway.Storage"] = ["Spillway.Kafka"],
        ["Spillway.Rpc"] = ["Spillway.Kafka"],
        ["Spillway.Raft"] = [],
        ["Spillway.Discovery"] = [],
        ["Spillway.ServiceDefaults"] = [],
    };

    public static IEnumerable<string> Find(IEnumerable<RepositoryFile> files) =>
        files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal)).SelectMany(FindInProject);

    private static IEnumerable<string> FindInProject(RepositoryFile project)
    {
        var name = Path.GetFileNameWithoutExtension(project.Path);
        foreach (Match reference in ReferencePattern().Matches(project.Text))
        {
            var target = reference.Groups["path"].Value.Replace('\\', '/');
            if (!IsAllowed(project, name, target, Path.GetFileNameWithoutExtension(target)))
            {
                yield return $"{project.Path}: {name} must not reference {target}";
            }
        }
    }

    private static bool IsAllowed(RepositoryFile project, string name, string target, string targetName)
    {
        if (project.IsUnder("tests") || project.IsUnder("bench"))
        {
            return true;
        }

        if (project.IsUnder("libs"))
        {
            return LibraryArrows.TryGetValue(name, out var allowed) && allowed.Contains(targetName);
        }

        // services/* and tools/*: libraries only; standalone alone composes the services.
        return target.Contains("/libs/", StringComparison.Ordinal)
            || (project.IsUnder("services/standalone") && !target.Contains("/tests/", StringComparison.Ordinal));
    }

    [GeneratedRegex("<ProjectReference[^>]*Include=\"(?<path>[^\"]+)\"")]
    private static partial Regex ReferencePattern();
}
