namespace Spillway.Rpc.Append;

/// <summary>The WAL writer's side of the produce path. A frontend in the same process calls it directly.</summary>
public interface IWalAppendService
{
    /// <summary>Opens a stream.</summary>
    /// <param name="clientName">Who appends, for logs and metrics.</param>
    IAppendStream OpenStream(string clientName);
}
