namespace Spillway.WalWriter.Committing;

/// <summary>Under which id and epoch a registration lets the writer speak.</summary>
internal sealed record WriterIdentity(int WriterId, long WriterEpoch, Guid ClusterId, TimeSpan Lease);
