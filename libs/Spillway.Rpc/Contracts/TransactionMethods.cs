using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.Transactions</c>: transactional producers.</summary>
public static class TransactionMethods
{
    private const string Service = "spillway.metadata.v1.Transactions";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<InitProducerCall, InitProducerResult> InitProducer { get; } =
        RpcMethod.Create<InitProducerCall, InitProducerResult>(Service, "InitProducer");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<AddPartitionsCall, AddPartitionsResult> AddPartitions { get; } =
        RpcMethod.Create<AddPartitionsCall, AddPartitionsResult>(Service, "AddPartitions");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<AddOffsetsCall, AddOffsetsResult> AddOffsets { get; } =
        RpcMethod.Create<AddOffsetsCall, AddOffsetsResult>(Service, "AddOffsets");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<EndTransactionCall, EndTransactionResult> EndTransaction { get; } =
        RpcMethod.Create<EndTransactionCall, EndTransactionResult>(Service, "EndTransaction");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<CommitTransactionOffsetsCall, CommitTransactionOffsetsResult> CommitTransactionOffsets { get; } =
        RpcMethod.Create<CommitTransactionOffsetsCall, CommitTransactionOffsetsResult>(Service, "CommitTransactionOffsets");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DescribeTransactionsCall, DescribeTransactionsResult> DescribeTransactions { get; } =
        RpcMethod.Create<DescribeTransactionsCall, DescribeTransactionsResult>(Service, "DescribeTransactions");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ListTransactionsCall, ListTransactionsResult> ListTransactions { get; } =
        RpcMethod.Create<ListTransactionsCall, ListTransactionsResult>(Service, "ListTransactions");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<DescribeProducersCall, DescribeProducersResult> DescribeProducers { get; } =
        RpcMethod.Create<DescribeProducersCall, DescribeProducersResult>(Service, "DescribeProducers");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<AbortProducerCall, AbortProducerResult> AbortProducer { get; } =
        RpcMethod.Create<AbortProducerCall, AbortProducerResult>(Service, "AbortProducer");
}
