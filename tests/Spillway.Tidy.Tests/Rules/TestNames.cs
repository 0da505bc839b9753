using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>A test's name is a sentence: <c>A_stale_producer_epoch_is_fenced</c>.</summary>
internal static partial class TestNames
{
    public static IEnumerable<string> Find(RepositoryFile file) => file.IsCSharp
        ? TestPattern().Matches(file.Text)
            .Select(test => test.Groups["name"].Value)
            .Where(name => name.Count(character => character == '_') < 2)
            .Select(name => $"{file.Path}: {name} is no sentence")
        : [];

    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\n]*\]\s*\n(?:\s*\[[^\n]*\]\s*\n)*\s*public\s+(?:static\s+)?(?:async\s+)?\S+\s+(?<name>\w+)\(")]
    private static partial Regex TestPattern();
}
