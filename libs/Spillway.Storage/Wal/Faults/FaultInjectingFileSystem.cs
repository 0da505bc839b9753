using Spillway.Storage.Faults;

namespace Spillway.Storage.Wal.Faults;

/// <summary>
/// Puts the faults that are in force in front of a volume's calls, in real processes as in tests: the only way to see what a mounted
/// volume does to its users in a failover. Thread-safe.
/// </summary>
public sealed class FaultInjectingFileSystem : IWalFileSystem
{
    private readonly IWalFileSystem _inner;
    private readonly FaultControl _control;
    private readonly (string Prefix, string Name)[] _volumes;

    private FaultInjectingFileSystem(IWalFileSystem inner, WalVolumeSet volumes, FaultControl control)
    {
        _inner = inner;
        _control = control;
        _volumes = [.. volumes.All.Where(static volume => volume.Kind == WalVolumeKind.File).Select(static volume =>
            (Path.TrimEndingDirectorySeparator(Path.GetFullPath(volume.Path)) + Path.DirectorySeparatorChar, volume.Name))];
    }

    /// <summary>Wraps a file system where faults are possible; gives it back as it is where they are off.</summary>
    public static IWalFileSystem Wrap(IWalFileSystem inner, WalVolumeSet volumes, FaultControl control)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(volumes);
        ArgumentNullException.ThrowIfNull(control);
        return control.IsOn ? new FaultInjectingFileSystem(inner, volumes, control) : inner;
    }

    /// <inheritdoc/>
    public IWalFile CreateExclusive(string path, WalFlushMode flushMode) =>
        new FaultInjectingFile(this, Pass(path, FaultCall.Create), path, isFresh: true, _inner.CreateExclusive(path, flushMode));

    /// <inheritdoc/>
    public IWalFile OpenWrite(string path, WalFlushMode flushMode) =>
        new FaultInjectingFile(this, Pass(path, FaultCall.Open), path, isFresh: true, _inner.OpenWrite(path, flushMode));

    /// <inheritdoc/>
    public IWalFile OpenRead(string path, bool dropCachedPages) => new FaultInjectingFile(
        this, Pass(path, FaultCall.Open), path, dropCachedPages, _inner.OpenRead(path, dropCachedPages));

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        Pass(path, FaultCall.Create);
        _inner.CreateDirectory(path);
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        Pass(path, FaultCall.Create);
        _inner.SyncDirectory(path);
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        Pass(path, FaultCall.Delete);
        _inner.Delete(path);
    }

    /// <inheritdoc/>
    public long MeasureFolder(string path)
    {
        Pass(path, FaultCall.Read);
        return _inner.MeasureFolder(path);
    }

    /// <summary>Lets a call go on, wait or fail; gives the name of the volume, null where the path is on none.</summary>
    internal string? Pass(string path, FaultCall call)
    {
        var volume = FindVolume(path);
        Pass(volume, path, call);
        return volume;
    }

    internal void Pass(string? volume, string path, FaultCall call)
    {
        foreach (var rule in _control.Rules)
        {
            if (rule.Kind is FaultKind.Freeze or FaultKind.Delay or FaultKind.Error or FaultKind.Crash
                && Strikes(rule, volume, call, isFresh: false))
            {
                Act(rule, path, call);
            }
        }
    }

    /// <summary>The rule of one of two kinds that strikes this call, if any.</summary>
    internal FaultRule? FindStrike(string? volume, FaultCall call, FaultKind oneKind, FaultKind otherKind, bool isFresh = false)
    {
        foreach (var rule in _control.Rules)
        {
            if ((rule.Kind == oneKind || rule.Kind == otherKind) && Strikes(rule, volume, call, isFresh))
            {
                return rule;
            }
        }

        return null;
    }

    internal void Die(string path) => _control.Die(path);

    internal static IOException ToException(FaultErrno errno, FaultCall call, string path)
    {
        var message = $"{call} of '{path}' failed on purpose (errno {(int)errno})";
        return errno == FaultErrno.Enoent ? new FileNotFoundException(message, path) : new IOException(message, (int)errno);
    }

    private bool Strikes(FaultRule rule, string? volume, FaultCall call, bool isFresh)
    {
        // A file cannot fail to be closed, so an error there is no strike.
        if (!rule.IsFor(volume, call, isFresh) || (call == FaultCall.Close && rule.Kind == FaultKind.Error) || !rule.TryStrike())
        {
            return false;
        }

        _control.NoteStrike(rule, $"{volume}/{call}");
        return true;
    }

    private void Act(FaultRule rule, string path, FaultCall call)
    {
        switch (rule.Kind)
        {
            case FaultKind.Freeze:
                rule.Ended.Wait();
                break;
            case FaultKind.Delay:
                rule.Ended.Wait(rule.Line.Ms);
                break;
            case FaultKind.Crash:
                _control.Die(path);
                break;
            default:
                throw ToException(rule.Line.Errno, call, path);
        }
    }

    private string? FindVolume(string path)
    {
        var full = Path.GetFullPath(path) + Path.DirectorySeparatorChar;
        string? name = null;
        var length = 0;
        foreach (var volume in _volumes)
        {
            // Volumes may lie in each other; the innermost has the file.
            if (volume.Prefix.Length > length && full.StartsWith(volume.Prefix, StringComparison.Ordinal))
            {
                (name, length) = (volume.Name, volume.Prefix.Length);
            }
        }

        return name;
    }
}
