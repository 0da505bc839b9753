namespace Spillway.Metadata.ConsumerGroups;

/// <summary>
/// Which topics the expressions of a group's members name. They are looked at again when topics have changed, and the more topics there are
/// the less often: about one name a ms at most, and every ten seconds as often as in Kafka.
/// </summary>
internal sealed class RegexSubscriptions(IGroupTopics topics)
{
    private const long GapMsMax = 10_000;

    private readonly Dictionary<string, (TopicRegex Regex, List<string> Names)> _known = new(StringComparer.Ordinal);
    private long _seen = -1;
    private long _dueMs;

    /// <summary>False where it is not an expression; says what is wrong with it.</summary>
    public bool TryAdd(string pattern, out string? fault)
    {
        fault = null;
        if (pattern.Length == 0 || _known.ContainsKey(pattern))
        {
            return true;
        }

        if (!TopicRegex.TryParse(pattern, out var regex, out fault))
        {
            return false;
        }

        _known.Add(pattern, (regex, Match(regex)));
        return true;
    }

    public IReadOnlyList<string> NamesOf(string pattern) => _known.TryGetValue(pattern, out var known) ? known.Names : [];

    /// <summary>True: the topics that some expression names are others than before.</summary>
    public bool Refresh(IEnumerable<string?> patterns, long nowMs)
    {
        if (_seen == topics.Version || nowMs < _dueMs)
        {
            return false;
        }

        _seen = topics.Version;
        var inUse = Retain(patterns);
        if (inUse.Count == 0)
        {
            return false;
        }

        var changed = false;
        foreach (var pattern in inUse)
        {
            // One that was kept by an earlier version, and can't be read any more, names nothing.
            changed |= !_known.ContainsKey(pattern) && TryAdd(pattern, out _);
            if (_known.TryGetValue(pattern, out var known) && Match(known.Regex) is var names && !names.SequenceEqual(known.Names))
            {
                _known[pattern] = (known.Regex, names);
                changed = true;
            }
        }

        _dueMs = nowMs + Math.Min(GapMsMax, topics.Names.Count());
        return changed;
    }

    /// <summary>Forgets all others.</summary>
    public IReadOnlyList<string> Retain(IEnumerable<string?> patterns)
    {
        List<string> inUse = [.. patterns.OfType<string>().Where(p => p.Length > 0).Distinct(StringComparer.Ordinal)];
        foreach (var pattern in _known.Keys.Except(inUse, StringComparer.Ordinal).ToList())
        {
            _known.Remove(pattern);
        }

        return inUse;
    }

    private List<string> Match(TopicRegex regex) => [.. topics.Names.Where(regex.Matches).Order(StringComparer.Ordinal)];
}
