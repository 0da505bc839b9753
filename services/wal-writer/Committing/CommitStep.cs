using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Committing;

/// <summary>An action and the block it is about.</summary>
internal readonly record struct CommitStep(CommitAction Action, WriterBlock? Block);
