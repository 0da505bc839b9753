namespace Spillway.Tidy.Tests;

/// <summary>The files of this repository, without what builds and runs leave behind.</summary>
internal static class Repository
{
    private static readonly HashSet<string> Skipped =
        new(StringComparer.Ordinal) { ".git", "artifacts", "bin", "obj", "data", "node_modules", "TestResults", ".cache", ".vs", ".idea", ".vscode", "__pycache__" };

    private static readonly HashSet<string> TextExtensions =
        new(StringComparer.Ordinal) { ".cs", ".csproj", ".props", ".targets", ".slnx", ".md", ".txt", ".yml", ".yaml", ".json", ".sh", ".proto", ".mjs", ".js", ".py", "" };

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<RepositoryFile> Files { get; } = [.. Read(new DirectoryInfo(Root))];

    public static bool Has(string path) => Files.Any(file => file.Path == path);

    private static IEnumerable<RepositoryFile> Read(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles().Where(file => TextExtensions.Contains(file.Extension) || file.Name is "Dockerfile"))
        {
            yield return new RepositoryFile(Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'), File.ReadAllText(file.FullName));
        }

        foreach (var child in folder.EnumerateDirectories().Where(child => !Skipped.Contains(child.Name) && child.LinkTarget is null))
        {
            foreach (var file in Read(child))
            {
                yield return file;
            }
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Spillway.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }
}
