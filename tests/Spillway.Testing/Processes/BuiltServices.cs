namespace Spillway.Testing.Processes;

/// <summary>Where the build put the services, in the configuration that the tests were built in.</summary>
public static class BuiltServices
{
    // artifacts/bin/<project>/<configuration>/
    private static readonly DirectoryInfo Own = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The folder that has one folder a project.</summary>
    public static string Folder { get; } = Own.Parent!.Parent!.FullName;

    /// <summary>The name of the configuration, as folders spell it.</summary>
    public static string Configuration { get; } = Own.Name;

    /// <summary>The repository that the build was made from.</summary>
    public static string Repository { get; } = Own.Parent!.Parent!.Parent!.Parent!.FullName;

    /// <summary>The path of a project's assembly, which may have another name than the project.</summary>
    public static string Assembly(string project, string? name = null)
    {
        var path = Path.Combine(Folder, project, Configuration, (name ?? project) + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{project} is not built", path);
    }
}
