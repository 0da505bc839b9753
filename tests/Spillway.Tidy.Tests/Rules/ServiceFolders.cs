namespace Spillway.Tidy.Tests.Rules;

/// <summary>What every service folder holds, and how short its Program.cs stays.</summary>
internal static class ServiceFolders
{
    public const int ProgramLineCountMax = 40;

    private static readonly string[] Required = ["README.md", "Dockerfile", "Program.cs"];

    public static IEnumerable<string> Find(IReadOnlyCollection<RepositoryFile> files)
    {
        var services = files.Where(file => file.IsUnder("services")).Select(file => file.Path.Split('/')[1]).Distinct(StringComparer.Ordinal);
        foreach (var service in services)
        {
            foreach (var missing in Required.Where(name => files.All(file => file.Path != $"services/{service}/{name}")))
            {
                yield return $"services/{service}: no {missing}";
            }
        }

        foreach (var program in files.Where(file => file.IsUnder("services") && file.Name == "Program.cs" && file.Lines.Length > ProgramLineCountMax))
        {
            yield return $"{program.Path}: {program.Lines.Length} lines; a Program.cs is a table of contents";
        }
    }
}
