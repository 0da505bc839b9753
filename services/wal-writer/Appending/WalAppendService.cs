using Spillway.Rpc.Append;
using Spillway.WalWriter.Sessions;

namespace Spillway.WalWriter.Appending;

/// <summary>
/// The writer's front door. A stream belongs to the epoch that was at work when it was opened and breaks with it, so that
/// what was sent behind an append that died with the epoch cannot be stored in the next one (P3). Thread-safe.
/// </summary>
internal sealed partial class WalAppendService(WriterEnvironment environment, ILogger<WalAppendService> logger) : IWalAppendService
{
    private volatile WriterSession? _session;

    public bool IsOpen => _session is not null;

    /// <summary>From now on streams go to this epoch.</summary>
    public void Open(WriterSession session) => _session = session;

    /// <summary>No epoch is at work: streams that are opened now are broken from the start.</summary>
    public void Close() => _session = null;

    public IAppendStream OpenStream(string clientName)
    {
        var session = _session;
        Log.StreamOpened(logger, clientName, session?.Identity.WriterEpoch ?? -1);
        return new WriterAppendStream(session, environment);
    }

    private static partial class Log
    {
        [LoggerMessage(1261, LogLevel.Debug, "{ClientName} opened an append stream under writer epoch {WriterEpoch}.")]
        public static partial void StreamOpened(ILogger logger, string clientName, long writerEpoch);
    }
}
