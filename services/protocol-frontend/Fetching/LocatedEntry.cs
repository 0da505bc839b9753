using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>An index entry with where its container lies.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Location">Where its segment or object is.</param>
/// <param name="IsCurrent">It comes from a read barrier: what it names is there, whatever this host's view of a volume says.</param>
/// <param name="IsBehind">It is not of the tail; see <see cref="EntryRange"/>.</param>
internal readonly record struct LocatedEntry(IndexEntry Entry, ContainerLocation Location, bool IsCurrent, bool IsBehind);
