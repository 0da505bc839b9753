using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// Transactional producers and their transactions.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface ITransactionService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<InitProducerResult> InitProducerAsync(InitProducerCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<AddPartitionsResult> AddPartitionsAsync(AddPartitionsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<AddOffsetsResult> AddOffsetsAsync(AddOffsetsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<EndTransactionResult> EndTransactionAsync(EndTransactionCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<CommitTransactionOffsetsResult> CommitTransactionOffsetsAsync(CommitTransactionOffsetsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DescribeTransactionsResult> DescribeTransactionsAsync(DescribeTransactionsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<ListTransactionsResult> ListTransactionsAsync(ListTransactionsCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DescribeProducersResult> DescribeProducersAsync(DescribeProducersCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<AbortProducerResult> AbortProducerAsync(AbortProducerCall request, CancellationToken cancellationToken);
}
