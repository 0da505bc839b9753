namespace Spillway.ServiceDefaults.Configuration;

/// <summary>Finds what somebody probably meant.</summary>
internal static class NearestName
{
    public static string Find(string name, IEnumerable<string> candidates) =>
        candidates.MinBy(candidate => CountEdits(name.ToUpperInvariant(), candidate.ToUpperInvariant())) ?? "";

    /// <summary>Levenshtein's distance with two rows.</summary>
    public static int CountEdits(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
