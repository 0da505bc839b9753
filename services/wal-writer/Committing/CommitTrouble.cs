using Spillway.Rpc;
using Spillway.Rpc.Commit;

namespace Spillway.WalWriter.Committing;

/// <summary>Why committing has come to a halt: the stream broke, or metadata did not commit the oldest block.</summary>
internal sealed record CommitTrouble(CommitReceiver Receiver, RpcException? Failure, BlockOutcome? Outcome);
