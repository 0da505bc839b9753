using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// A subscription by regular expression (KIP-848). The syntax is RE2's, as in Kafka, and a match takes time linear in the name's length. What
/// RE2 has and is not known here is refused rather than read as something else; what only .NET has is refused too.
/// </summary>
internal sealed class TopicRegex
{
    /// <summary>Characters of an expression: compiled ones grow with it, and every member may bring its own.</summary>
    public const int LengthMax = 2_048;

    private const string ClassEscapes = "dDsSwWpP";
    private const string PlainEscapes = "aftnrvxAbBz";
    private const string Flags = "ims-";

    private readonly Regex _regex;

    private TopicRegex(Regex regex) => _regex = regex;

    public static bool TryParse(string pattern, [NotNullWhen(true)] out TopicRegex? parsed, [NotNullWhen(false)] out string? fault)
    {
        parsed = null;
        fault = pattern.Length > LengthMax ? $"it is longer than {LengthMax} characters" : null;
        if (fault is not null || !TryTranslate(pattern, out var translated, out fault))
        {
            return false;
        }

        try
        {
            parsed = new TopicRegex(new Regex(
                $@"\A(?:{translated})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            fault = e.Message;
            return false;
        }
    }

    public bool Matches(string topicName) => _regex.IsMatch(topicName);

    private static bool TryTranslate(string pattern, out string translated, [NotNullWhen(false)] out string? fault)
    {
        var text = new StringBuilder(pattern.Length + 16);
        fault = null;
        for (var i = 0; i < pattern.Length && fault is null;)
        {
            fault = pattern[i] switch
            {
                '\\' => Escape(pattern, ref i, text, inClass: false),
                '[' => Class(pattern, ref i, text),
                '(' => Group(pattern, ref i, text),
                _ => Plain(pattern, ref i, text),
            };
        }

        translated = text.ToString();
        return fault is null;
    }

    private static string? Plain(string pattern, ref int i, StringBuilder text)
    {
        text.Append(pattern[i++]);
        return null;
    }

    private static string? Escape(string pattern, ref int i, StringBuilder text, bool inClass)
    {
        if (i + 1 == pattern.Length)
        {
            return "it ends in a backslash";
        }

        var escaped = pattern[i + 1];
        if (escaped == 'Q' && !inClass)
        {
            var end = pattern.IndexOf(@"\E", i + 2, StringComparison.Ordinal);
            var literal = end < 0 ? pattern[(i + 2)..] : pattern[(i + 2)..end];
            text.Append(Regex.Escape(literal));
            i = end < 0 ? pattern.Length : end + 2;
            return null;
        }

        if (char.IsAsciiLetterOrDigit(escaped)
            && !ClassEscapes.Contains(escaped, StringComparison.Ordinal)
            && (!PlainEscapes.Contains(escaped, StringComparison.Ordinal) || (inClass && "AbBz".Contains(escaped, StringComparison.Ordinal))))
        {
            return $@"\{escaped} is not known";
        }

        if (escaped is 'x' && i + 2 < pattern.Length && pattern[i + 2] == '{')
        {
            return @"\x{...} is not known; \xFF is";
        }

        if (escaped is 'p' or 'P' && (i + 2 == pattern.Length || pattern[i + 2] != '{'))
        {
            return @"\pN is not known; \p{N} is";
        }

        text.Append('\\').Append(escaped);
        i += 2;
        return null;
    }

    private static string? Group(string pattern, ref int i, StringBuilder text)
    {
        text.Append('(');
        i++;
        if (i == pattern.Length || pattern[i] != '?')
        {
            return null;
        }

        var rest = pattern.AsSpan(i);
        if (rest.StartsWith("?P<") || (rest.StartsWith("?<") && !rest.StartsWith("?<=") && !rest.StartsWith("?<!")))
        {
            // Names change nothing here, and the two have other rules for them.
            var end = rest.IndexOf('>');
            i += end < 0 ? rest.Length : end + 1;
            return end < 0 ? "a group's name has no end" : null;
        }

        var flags = 1;
        while (flags < rest.Length && Flags.Contains(rest[flags], StringComparison.Ordinal))
        {
            flags++;
        }

        if (flags == rest.Length || rest[flags] is not (':' or ')'))
        {
            return $"(?{(rest.Length > 1 ? rest[1] : ' ')} is not known";
        }

        text.Append(rest[..(flags + 1)]);
        i += flags + 1;
        return null;
    }

    /// <summary>A class: '[' in it is itself, except that [:alpha:] and its like stand for themselves.</summary>
    private static string? Class(string pattern, ref int i, StringBuilder text)
    {
        text.Append('[');
        i++;
        if (i < pattern.Length && pattern[i] == '^')
        {
            text.Append('^');
            i++;
        }

        for (var first = true; i < pattern.Length; first = false)
        {
            if (pattern[i] == ']' && !first)
            {
                text.Append(']');
                i++;
                return null;
            }

            if (pattern[i] == '\\')
            {
                if (Escape(pattern, ref i, text, inClass: true) is { } fault)
                {
                    return fault;
                }
            }
            else if (pattern[i] == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':')
            {
                if (!TryPosixClass(pattern, ref i, text))
                {
                    return "a class [:...:] is not known";
                }
            }
            else
            {
                text.Append(pattern[i] is '[' or ']' ? $@"\{pattern[i]}" : pattern[i].ToString());
                i++;
            }
        }

        return "a [ has no ]";
    }

    private static bool TryPosixClass(string pattern, ref int i, StringBuilder text)
    {
        var end = pattern.IndexOf(":]", i + 2, StringComparison.Ordinal);
        var members = end < 0 ? null : pattern[(i + 2)..end] switch
        {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "digit" => "0-9",
            "lower" => "a-z",
            "upper" => "A-Z",
            "punct" => @"!-/:-@\[-`{-~",
            "word" => "0-9A-Za-z_",
            "xdigit" => "0-9A-Fa-f",
            _ => null,
        };
        text.Append(members);
        i = end + 2;
        return members is not null;
    }
}
