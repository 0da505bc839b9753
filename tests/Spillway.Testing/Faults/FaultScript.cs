using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Storage.Faults;
using Spillway.Testing.Wal;

namespace Spillway.Testing.Faults;

/// <summary>A control file of faults and what reads it, as a process has them; the test writes the lines.</summary>
public sealed class FaultScript : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly TemporaryFolder? _folder;

    /// <summary>Begins with an empty file.</summary>
    public FaultScript(TimeProvider? time = null)
        : this(new TemporaryFolder(), time)
    {
    }

    private FaultScript(TemporaryFolder? folder, TimeProvider? time)
    {
        _folder = folder;
        Path = folder is null ? "" : System.IO.Path.Combine(folder.Path, "faults");
        Control = new FaultControl(
            new FaultOptions { ControlFile = Path },
            time ?? TimeProvider.System,
            _services.GetRequiredService<IMeterFactory>(),
            NullLogger<FaultControl>.Instance);
    }

    /// <summary>What a process is given.</summary>
    public FaultControl Control { get; }

    /// <summary>The control file.</summary>
    public string Path { get; }

    /// <summary>Faults as production has them: none, and none possible.</summary>
    public static FaultScript CreateOff() => new(folder: null, time: null);

    /// <summary>Puts these lines in the place of those before; they are in force when this returns.</summary>
    public void Set(params string[] lines)
    {
        File.WriteAllLines(Path, lines);
        Control.Reload();
    }

    public void Dispose()
    {
        Control.Dispose();
        _services.Dispose();
        _folder?.Dispose();
    }
}
