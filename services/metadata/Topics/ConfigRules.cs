namespace Spillway.Metadata.Topics;

/// <summary>Kafka's rules for names and config values.</summary>
internal static class ConfigRules
{
    private const int NameLengthMax = 249;

    public static string? FindNameFault(string name)
    {
        if (name.Length == 0)
        {
            return "Topic name is invalid: the empty string is not allowed";
        }

        if (name is "." or "..")
        {
            return $"Topic name is invalid: '{name}' is not allowed";
        }

        if (name.Length > NameLengthMax)
        {
            return $"Topic name is invalid: the length of '{name[..32]}...' is longer than the max allowed length {NameLengthMax}";
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return $"Topic name is invalid: '{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'";
            }
        }

        return null;
    }

    public static string? FindTopicFault(string key, string value) =>
        key.Length == 0 ? "A config has a name." : value.Length > 32_767 ? $"The value of {key} is too long." : null;

    public static string? FindBrokerFault(string key, string value) => FindTopicFault(key, value);
}
