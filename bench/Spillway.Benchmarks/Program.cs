using BenchmarkDotNet.Running;
using Spillway.Benchmarks.Raft;

if (args is ["raft", ..])
{
    await ReplicatedLogMeasurement.RunAsync(args.AsMemory(1));
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
