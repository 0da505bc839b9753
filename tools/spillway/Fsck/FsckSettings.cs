namespace Spillway.Tool.Fsck;

/// <summary>What is compared, and how closely.</summary>
/// <param name="Verify">Read every entry's bytes.</param>
/// <param name="Grace">What is younger may be under way.</param>
/// <param name="DeleteUnknown">Delete unknown objects that are older than the grace and bear this cluster's id.</param>
internal sealed record FsckSettings(bool Verify, TimeSpan Grace, bool DeleteUnknown);
