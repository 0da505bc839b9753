using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.Admin</c>: changes that clients ask for.</summary>
public static class AdminMethods
{
    private const string Service = "spillway.metadata.v1.Admin";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<CreateTopicsCall, CreateTopicsResult> CreateTopics { get; } =
        RpcMethod.Create<CreateTopicsCall, CreateTopicsResult>(Service, "CreateTopics");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DeleteTopicsCall, DeleteTopicsResult> DeleteTopics { get; } =
        RpcMethod.Create<DeleteTopicsCall, DeleteTopicsResult>(Service, "DeleteTopics");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<CreatePartitionsCall, CreatePartitionsResult> CreatePartitions { get; } =
        RpcMethod.Create<CreatePartitionsCall, CreatePartitionsResult>(Service, "CreatePartitions");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DeleteRecordsCall, DeleteRecordsResult> DeleteRecords { get; } =
        RpcMethod.Create<DeleteRecordsCall, DeleteRecordsResult>(Service, "DeleteRecords");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<AlterConfigsCall, AlterConfigsResult> AlterConfigs { get; } =
        RpcMethod.Create<AlterConfigsCall, AlterConfigsResult>(Service, "AlterConfigs");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<UpdateFeaturesCall, UpdateFeaturesResult> UpdateFeatures { get; } =
        RpcMethod.Create<UpdateFeaturesCall, UpdateFeaturesResult>(Service, "UpdateFeatures");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DescribeLogsCall, DescribeLogsResult> DescribeLogs { get; } =
        RpcMethod.Create<DescribeLogsCall, DescribeLogsResult>(Service, "DescribeLogs");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<AllocateProducerIdsCall, AllocateProducerIdsResult> AllocateProducerIds { get; } =
        RpcMethod.Create<AllocateProducerIdsCall, AllocateProducerIdsResult>(Service, "AllocateProducerIds");
}
