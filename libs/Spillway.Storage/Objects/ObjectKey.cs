namespace Spillway.Storage.Objects;

/// <summary>
/// Which keys are allowed: names of ASCII letters, digits, <c>.</c>, <c>_</c>, <c>-</c> and <c>=</c>, joined by single slashes, none of them <c>.</c> or
/// <c>..</c>. So every key is a safe path in a folder and needs no escaping in a URL.
/// </summary>
public static class ObjectKey
{
    /// <summary>A longer key is refused; S3 takes 1024 bytes, and a prefix may come before ours.</summary>
    public const int LengthMax = 512;

    /// <summary>One name between slashes; file systems take 255 bytes.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Whether the key is allowed.</summary>
    public static bool IsLegal(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key.Length > LengthMax)
        {
            return false;
        }

        foreach (var range in key.Split('/'))
        {
            if (!IsLegalName(key[range]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Throws where the key is not allowed: keys are ours, so a bad one is a bug.</summary>
    public static void ThrowIfIllegal(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!IsLegal(key))
        {
            throw new ArgumentException($"'{key}' is not a legal object key.", nameof(key));
        }
    }

    private static bool IsLegalName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > NameLengthMax || name is "." or "..")
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or '='))
            {
                return false;
            }
        }

        return true;
    }
}
