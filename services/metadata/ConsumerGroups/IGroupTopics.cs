namespace Spillway.Metadata.ConsumerGroups;

/// <summary>The topics that there are, as groups look at them. Safe from any thread.</summary>
internal interface IGroupTopics
{
    /// <summary>Rises after anything has changed: what was read before may be out of date.</summary>
    long Version { get; }

    IEnumerable<string> Names { get; }

    /// <summary>Null: there is none of this name.</summary>
    GroupTopic? Find(string name);

    /// <summary>Null: there is none any more.</summary>
    string? FindName(Guid topicId);
}
