using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>An event id means one message within its project, so that an alert can rely on it.</summary>
internal static partial class LogEventIds
{
    public static IEnumerable<string> Find(IEnumerable<RepositoryFile> files) => files
        .Where(file => file.IsCSharp && !file.IsUnder("tests"))
        .SelectMany(file => IdPattern().Matches(file.Text).Select(id => (Project: string.Join('/', file.Path.Split('/').Take(2)), Id: id.Groups["id"].Value, file.Path)))
        .GroupBy(use => (use.Project, use.Id))
        .Where(uses => uses.Count() > 1)
        .Select(uses => $"{uses.Key.Project}: event id {uses.Key.Id} is used {uses.Count()} times: {string.Join(", ", uses.Select(use => use.Path).Distinct())}");

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(?<id>\d+)")]
    private static partial Regex IdPattern();
}
