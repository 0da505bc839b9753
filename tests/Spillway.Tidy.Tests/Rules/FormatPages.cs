namespace Spillway.Tidy.Tests.Rules;

/// <summary>Each persisted format (<c>*Format.cs</c>) has a page under docs/formats that names its class or its folder.</summary>
internal static class FormatPages
{
    public static IEnumerable<string> Find(IReadOnlyCollection<RepositoryFile> files)
    {
        var pages = files.Where(file => file.IsUnder("docs/formats")).ToArray();
        foreach (var format in files.Where(file => file.Name.EndsWith("Format.cs", StringComparison.Ordinal) && !file.IsUnder("tests")))
        {
            var type = Path.GetFileNameWithoutExtension(format.Name);
            // By its name, or by the folder that holds the format with all its parts.
            var folder = Path.GetDirectoryName(format.Path)!;
            if (!pages.Any(page => page.Text.Contains(type, StringComparison.Ordinal) || page.Text.Contains(folder, StringComparison.Ordinal)))
            {
                yield return $"{format.Path}: no page under docs/formats names {type} or its folder";
            }
        }
    }
}
