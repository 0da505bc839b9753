using Spillway.Metadata.Log;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests;

/// <summary>Applies commands as the log brings them: by their bytes.</summary>
internal static class EncodedCommands
{
    /// <summary>What the proposer is told; what a writer is told of a block, as the message that can be compared.</summary>
    public static object Apply(this MetadataState state, ulong index, byte[] command) =>
        CommitBlockCommand.TryRead(command, out var timeMs, out var block)
            ? state.Apply(index, timeMs, new CommitBlockReader(block)).ToMessage()
            : state.Apply(index, Command.Parser.ParseFrom(command));
}
