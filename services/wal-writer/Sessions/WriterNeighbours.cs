using Spillway.Rpc.Contracts;

namespace Spillway.WalWriter.Sessions;

/// <summary>The services a writer calls: both are metadata's.</summary>
internal sealed record WriterNeighbours(IRegistrationService Registrations, IWalCommitService Commits);
