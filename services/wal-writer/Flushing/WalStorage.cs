using Spillway.Storage.Wal;

namespace Spillway.WalWriter.Flushing;

/// <summary>Where and how segments are made.</summary>
/// <param name="FileSystem">The file operations.</param>
/// <param name="Volumes">Where segments go.</param>
/// <param name="Settings">How their files are.</param>
/// <param name="CreationThreads">The threads that may block while a file is created.</param>
internal sealed record WalStorage(
    IWalFileSystem FileSystem, WalVolumeSet Volumes, WalSegmentSettings Settings, BlockingIoPool CreationThreads);
