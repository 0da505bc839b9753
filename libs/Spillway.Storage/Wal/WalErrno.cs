namespace Spillway.Storage.Wal;

/// <summary>The errno values (Linux) that the WAL treats by name.</summary>
internal static class WalErrno
{
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int Exists = 17;
    public const int NotADirectory = 20;
    public const int InvalidArgument = 22;
    public const int NoSpace = 28;
    public const int NotImplemented = 38;
    public const int OperationNotSupported = 95;
    public const int Stale = 116;
}
