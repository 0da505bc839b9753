using Spillway.Storage.Wal;

namespace Spillway.WalWriter.Flushing;

/// <summary>Where and how segments are made.</summary>
/// <param name="Segments">Makes them.</param>
/// <param name="Volumes">Where segments go.</param>
/// <param name="Settings">How their files are.</param>
/// <param name="CreationThreads">The threads that may block while a file is created.</param>
internal sealed record WalStorage(
    WalSegmentFactory Segments, WalVolumeSet Volumes, WalSegmentSettings Settings, BlockingIoPool CreationThreads);
