using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>Links between our own pages lead somewhere.</summary>
internal static partial class MarkdownLinks
{
    public static IEnumerable<string> Find(RepositoryFile page, Func<string, bool> exists)
    {
        if (!page.Path.EndsWith(".md", StringComparison.Ordinal))
        {
            yield break;
        }

        foreach (Match link in LinkPattern().Matches(page.Text))
        {
            var target = link.Groups["target"].Value.Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
                && !exists(Path.Combine(Path.GetDirectoryName(page.Path) ?? "", target)))
            {
                yield return $"{page.Path}: no such page: {target}";
            }
        }
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex LinkPattern();
}
