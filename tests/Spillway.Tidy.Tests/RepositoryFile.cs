namespace Spillway.Tidy.Tests;

/// <summary>A file as the rules see it.</summary>
/// <param name="Path">From the root, with slashes.</param>
/// <param name="Text">Its whole text.</param>
internal sealed record RepositoryFile(string Path, string Text)
{
    public string Name => System.IO.Path.GetFileName(Path);

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    public string[] Lines => Text.Split('\n');

    public bool IsUnder(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);
}
