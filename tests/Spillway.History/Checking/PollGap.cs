using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>Offsets that a consumer went over. Whether something was there is known only at the end.</summary>
internal readonly record struct PollGap(
    AnomalyKind Kind, KeyLog Key, long LastOffset, long NextOffset, long Line, int Process, bool IsAllowed);
