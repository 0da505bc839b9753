using Spillway.Raft.Core;

namespace Spillway.Raft.Hosting;

/// <summary>What one step of the log's thread takes out of the inbox. Reused from step to step.</summary>
internal sealed class LogIntake
{
    public List<RaftMessage> Messages { get; } = [];

    public int Ticks { get; set; }

    /// <summary>Calls to make, and who is to be told where one is never made.</summary>
    public List<(Action Call, Action<Exception>? Failed)> Calls { get; } = [];

    /// <summary>Read barriers that came since the last step.</summary>
    public List<TaskCompletionSource<ulong>> Reads { get; } = [];

    /// <summary>The commands of the next entry, if there are any.</summary>
    public ProposalBatch? Batch { get; set; }

    public void Clear()
    {
        Messages.Clear();
        Ticks = 0;
        Calls.Clear();
        Reads.Clear();
        Batch = null;
    }
}
