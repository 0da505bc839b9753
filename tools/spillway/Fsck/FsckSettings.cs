namespace Spillway.Tool.Fsck;

/// <summary>What is compared, and how closely.</summary>
/// <param name="Volumes">Name of a volume and where it is mounted here.</param>
/// <param name="Verify">Read every entry's bytes.</param>
/// <param name="Grace">What is younger may be under way.</param>
/// <param name="DeleteUnknown">Delete unknown objects that are older than the grace and bear this cluster's id.</param>
internal sealed record FsckSettings(IReadOnlyDictionary<string, string> Volumes, bool Verify, TimeSpan Grace, bool DeleteUnknown);
