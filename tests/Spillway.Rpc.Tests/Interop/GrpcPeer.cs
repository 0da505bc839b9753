using Google.Protobuf.Reflection;
using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests.Interop;

/// <summary>
/// A stock implementation of gRPC on this machine: how its scripts are run. Found once; where it is absent the reason
/// is kept, and tests skip with it.
/// </summary>
internal sealed class GrpcPeer
{
    private static readonly Lazy<Task<GrpcPeer>> NodeJs = new(FindNodeAsync);
    private static readonly Lazy<Task<GrpcPeer>> PythonGrpcio = new(FindPythonAsync);

    private readonly string _program = "";
    private readonly string _extension = "";
    private readonly string[] _contracts = [];
    private readonly string? _absence;
    private readonly Dictionary<string, string> _environment = [];

    private GrpcPeer(string absence) => _absence = absence;

    private GrpcPeer(string program, string extension, string[] contracts)
    {
        _program = program;
        _extension = extension;
        _contracts = contracts;
    }

    private static string Root { get; } = FindRoot();

    private static string Scripts { get; } = Path.Combine(Root, "tests", "Spillway.Rpc.Tests", "Interop");

    public static async Task<GrpcPeer> GetAsync(string name)
    {
        var peer = await (name == "grpc-js" ? NodeJs : PythonGrpcio).Value;
        if (peer._absence is { } reason)
        {
            Assert.Skip(reason);
        }
        return peer;
    }

    /// <summary>Starts <paramref name="script"/> with where the contracts are and then its own arguments.</summary>
    public InteropProcess Start(string script, params string[] arguments) =>
        InteropProcess.Start(_program, [script + _extension, .. _contracts, .. arguments], Scripts, _environment);

    private static async Task<GrpcPeer> FindNodeAsync()
    {
        if (await InteropProcess.TryRunAsync("node", ["--version"], Root) is null)
        {
            return new GrpcPeer("Node.js is not installed: the tests against grpc-js need node and npm.");
        }
        var folder = Path.Combine(Root, "artifacts", "interop", "grpc-js");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "@grpc", "proto-loader")))
        {
            Directory.CreateDirectory(folder);
            File.Copy(Path.Combine(Scripts, "package.json"), Path.Combine(folder, "package.json"), overwrite: true);
            if (await InteropProcess.TryRunAsync("npm", ["install", "--no-audit", "--no-fund", "--silent"], folder) is null)
            {
                return new GrpcPeer("npm is not installed or could not fetch @grpc/grpc-js and @grpc/proto-loader.");
            }
        }
        var peer = new GrpcPeer("node", ".cjs", [Path.Combine(Root, "proto")]);
        peer._environment["NODE_PATH"] = Path.Combine(folder, "node_modules");
        return peer;
    }

    private static async Task<GrpcPeer> FindPythonAsync()
    {
        // Debian's packages belong to its own interpreter, which need not be the first on the path.
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            if (await InteropProcess.TryRunAsync(python, ["-c", "import grpc, google.protobuf"], Root) is not null)
            {
                return new GrpcPeer(
                    python,
                    ".py",
                    [WriteDescriptor(EchoReflection.Descriptor), WriteDescriptor(Wal.AppendReflection.Descriptor)]);
            }
        }
        return new GrpcPeer("Python's grpc module is not installed (Debian: python3-grpcio).");
    }

    private static string WriteDescriptor(FileDescriptor descriptor)
    {
        var folder = Path.Combine(Root, "artifacts", "interop", "descriptors");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Path.GetFileName(descriptor.Name) + ".binpb");
        File.WriteAllBytes(path, descriptor.SerializedData.ToByteArray());
        return path;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Spillway.slnx")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
