namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>What is to be read of a partition.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="EndOffset">Nothing that begins here or above.</param>
/// <param name="BytesMax">About how much.</param>
/// <param name="FlowId">For whom: cold reads are shared among those who ask for them.</param>
/// <param name="IsBehind">It lies behind the newest entries, which this frontend has at hand: a consumer catches up.</param>
internal readonly record struct EntryRange(long Offset, long EndOffset, long BytesMax, long FlowId, bool IsBehind = false);
