namespace Spillway.Conformance.Tests.Cases;

/// <summary>
/// What an answer says of operations (KIP-430) where nobody is refused anything: bit n for Kafka's AclOperation n, those that exist
/// for the kind of resource.
/// </summary>
internal static class AllOperations
{
    public const int NotAsked = int.MinValue;

    /// <summary>Read 3, Write 4, Create 5, Delete 6, Alter 7, Describe 8, DescribeConfigs 10, AlterConfigs 11.</summary>
    public const int OnTopic = 3576;

    /// <summary>Create 5, Alter 7, Describe 8, ClusterAction 9, DescribeConfigs 10, AlterConfigs 11, IdempotentWrite 12.</summary>
    public const int OnCluster = 8096;

    /// <summary>Read 3, Delete 6, Describe 8, DescribeConfigs 10, AlterConfigs 11.</summary>
    public const int OnGroup = 3400;
}
