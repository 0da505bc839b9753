using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Transactions;

/// <summary>The handlers of producer ids and transactions.</summary>
internal static class TransactionHandlerServices
{
    public static void AddTransactionHandlers(this IServiceCollection services)
    {
        services.AddSingleton<ProducerIdBlocks>();
        services.AddSingleton<IApiHandler, InitProducerIdHandler>();
        services.AddSingleton<IApiHandler, AddPartitionsToTxnHandler>();
        services.AddSingleton<IApiHandler, AddOffsetsToTxnHandler>();
        services.AddSingleton<IApiHandler, EndTxnHandler>();
        services.AddSingleton<IApiHandler, TxnOffsetCommitHandler>();
        services.AddSingleton<IApiHandler, WriteTxnMarkersHandler>();
        services.AddSingleton<IApiHandler, DescribeProducersHandler>();
        services.AddSingleton<IApiHandler, DescribeTransactionsHandler>();
        services.AddSingleton<IApiHandler, ListTransactionsHandler>();
    }
}
