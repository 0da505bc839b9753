using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

/// <summary>The real thing, as far as a process can try it: SIGKILL under load, on a real disk, again and again.</summary>
public sealed class KillTests
{
    private const int Rounds = 4;
    private const int AcknowledgedPerRound = 1500;

    [Fact]
    public async Task A_process_killed_under_load_forgets_nothing_it_acknowledged()
    {
        using var folder = new TemporaryFolder();
        using var meters = new TestMeterFactory();
        var acknowledged = new Dictionary<long, int>();
        List<long> before = [];
        for (var round = 0; round < Rounds; round++)
        {
            await ProposeUntilKilledAsync(folder.Path, round * 1_000_000L, acknowledged);

            var state = new JournalStateMachine();
            await using var log = new ReplicatedLog(
                KilledProcess.Options(folder.Path), state, TimeProvider.System, NullLogger.Instance, meters);
            await log.StartAsync(TestContext.Current.CancellationToken);

            Assert.Equal(state.Ids.Count, state.Ids.Distinct().Count());
            Assert.Equal(before, state.Ids.Take(before.Count));
            Assert.All(acknowledged, pair => Assert.Equal(pair.Key, state.Ids[pair.Value]));
            before = [.. state.Ids];
        }

        Assert.True(acknowledged.Count >= Rounds * AcknowledgedPerRound);
    }

    private static async Task ProposeUntilKilledAsync(string folder, long firstId, Dictionary<long, int> acknowledged)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList =
            {
                "exec", typeof(KilledProcess).Assembly.Location, KilledProcess.Verb, folder,
                firstId.ToString(CultureInfo.InvariantCulture),
            },
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            for (var count = 0; ; count++)
            {
                if (count == AcknowledgedPerRound)
                {
                    process.Kill();
                }

                if (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is not { } line)
                {
                    break;
                }

                // A line is one short write to a pipe: it comes whole or not at all.
                var words = line.Split(' ');
                acknowledged[long.Parse(words[0], CultureInfo.InvariantCulture)] =
                    int.Parse(words[1], CultureInfo.InvariantCulture);
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
