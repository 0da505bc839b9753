using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>Names that say nothing about what a thing does, and folders that are kinds of class instead of concepts.</summary>
internal static partial class ForbiddenNames
{
    private static readonly HashSet<string> Folders =
        new(StringComparer.OrdinalIgnoreCase) { "Utils", "Util", "Helpers", "Common", "Interfaces", "Models", "Misc", "Shared", "Managers" };

    public static IEnumerable<string> Find(RepositoryFile file)
    {
        foreach (var folder in file.Path.Split('/')[..^1].Where(Folders.Contains))
        {
            yield return $"{file.Path}: a folder is a concept of the domain, not '{folder}'";
        }

        if (!file.IsCSharp)
        {
            yield break;
        }

        foreach (Match type in TypePattern().Matches(file.Text))
        {
            yield return $"{file.Path}: the name {type.Groups["name"].Value} says nothing about what it does";
        }
    }

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|protected|file|sealed|static|abstract|partial|readonly|ref|unsafe)\s+)*(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+(?<name>(?:Common\w*|\w*(?:Utils?|Utilities|Helpers?|Manager|Common|Base|Impl|Info|Data)))\b", RegexOptions.Multiline)]
    private static partial Regex TypePattern();
}
