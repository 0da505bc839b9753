using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>What a topic may be called; anything else answers INVALID_TOPIC_EXCEPTION.</summary>
public static class TopicName
{
    /// <summary>Characters of the longest name: a folder's name less the suffixes Kafka puts to it.</summary>
    public const int LengthMax = 249;

    private static readonly SearchValues<char> LegalChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>Checks a name; <paramref name="error"/> says what is wrong with it.</summary>
    public static bool TryValidate(string? name, [NotNullWhen(false)] out string? error)
    {
        error = name switch
        {
            null or "" => "A topic name cannot be empty.",
            "." or ".." => "A topic name cannot be '.' or '..'.",
            { Length: > LengthMax } => $"A topic name has at most {LengthMax} characters; this one has {name.Length}.",
            _ when name.AsSpan().ContainsAnyExcept(LegalChars) =>
                "A topic name has only ASCII letters, digits, '.', '_' and '-'.",
            _ => null,
        };
        return error is null;
    }

    /// <summary>Whether the name has a character that may make it collide with another's.</summary>
    public static bool MayCollide(string name) => name.AsSpan().ContainsAny('.', '_');

    /// <summary>
    /// Whether two names differ only in '.' and '_', which are one character in the names of metrics; the second to be
    /// created is refused.
    /// </summary>
    public static bool Collide(string left, string right) =>
        string.Equals(Canonical(left), Canonical(right), StringComparison.Ordinal);

    /// <summary>The name that all names which collide with it share: a key to look collisions up by.</summary>
    public static string Canonical(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Replace('.', '_');
    }
}
