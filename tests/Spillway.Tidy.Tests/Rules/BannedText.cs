using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>What belongs to one machine and not to the project, and habits we do not have.</summary>
internal static partial class BannedText
{
    // Written in parts, so that this file does not break its own rule.
    private static readonly (string Text, string Reason)[] Everywhere =
    [
        ("/wo" + "rk/", "a path of one machine"),
        ("/ro" + "ot/", "a path of one machine"),
        ("C:" + "\\Users", "a path of one machine"),
        ("<packageSour" + "ces>", "a package source of one machine"),
        ("BEGIN RSA PRI" + "VATE KEY", "a secret"),
    ];

    private static readonly (string Text, string Reason)[] InCode =
    [
        ("#reg" + "ion", "a long type wants a second type, not a fold"),
        ("Thread.Sl" + "eep(", "wait on a signal or a TimeProvider timer"),
        ("async vo" + "id ", "nobody sees its exceptions"),
    ];

    public static IEnumerable<string> Find(RepositoryFile file)
    {
        var texts = file.IsCSharp ? Everywhere.Concat(InCode) : Everywhere;
        foreach (var (text, reason) in texts.Where(banned => file.Text.Contains(banned.Text, StringComparison.Ordinal)))
        {
            yield return $"{file.Path}: '{text}': {reason}";
        }

        if (file.IsCSharp && BareTodoPattern().IsMatch(file.Text))
        {
            yield return $"{file.Path}: a to-do names its issue, as in TO" + "DO(#12)";
        }

        if (RegistryPattern().IsMatch(file.Text))
        {
            yield return $"{file.Path}: the address of a private package registry";
        }
    }

    [GeneratedRegex(@"\bTODO\b(?!\(#\d+\))")]
    private static partial Regex BareTodoPattern();

    [GeneratedRegex(@"https?://[^\s""'<>]*(?:artifactory|nexus|jfrog|/repository/|/v3/index\.json|:48\d\d)")]
    private static partial Regex RegistryPattern();
}
