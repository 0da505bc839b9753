namespace Spillway.Metadata.ConsumerGroups;

/// <summary>The assignors that there are, by name.</summary>
internal static class PartitionAssignors
{
    private static readonly IPartitionAssignor[] All = [new UniformAssignor(), new RangeAssignor()];

    /// <summary>Those of these names, in their order; all where there is none.</summary>
    public static IReadOnlyList<IPartitionAssignor> Find(IEnumerable<string> names)
    {
        IPartitionAssignor[] found = [.. names.Select(name => Array.Find(All, a => a.Name == name.Trim())).OfType<IPartitionAssignor>()];
        return found.Length > 0 ? found : All;
    }
}
