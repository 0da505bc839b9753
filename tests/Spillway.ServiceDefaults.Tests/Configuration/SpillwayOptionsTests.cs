using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Spillway.ServiceDefaults.Configuration;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Configuration;

public sealed class SpillwayOptionsTests
{
    private const string Section = "Spillway:Sample";

    [Fact]
    public async Task Values_come_from_the_command_line_and_reach_constructors_as_the_options_class()
    {
        await using var app = ServiceTestContext.Build(
            AddSample,
            "--Spillway:Sample:LaneCount=7",
            "--Spillway:Sample:Volumes:0=a",
            "--Spillway:Sample:Volumes:1=b",
            "--Spillway:Sample:Defaults:retention.ms=5",
            "--Spillway:Sample:Limits:InFlightBytesMax=9",
            "--spillway:sample:mode=fast");

        var options = app.Services.GetRequiredService<SampleOptions>();

        Assert.Equal(7, options.LaneCount);
        Assert.Equal(["a", "b"], options.Volumes);
        Assert.Equal("5", options.Defaults["retention.ms"]);
        Assert.Equal(9, options.Limits.InFlightBytesMax);
        Assert.Equal(SampleMode.Fast, options.Mode);
        Assert.Equal(TimeSpan.FromMilliseconds(2), options.Linger);
    }

    [Theory]
    [InlineData("--Spillway:Sample:LaneCount=0", "Spillway:Sample:LaneCount must be at least 1 (for example Spillway:Sample:LaneCount=4)")]
    [InlineData("--Spillway:Sample:LaneCount=four", "Spillway:Sample:LaneCount must be a whole number, not 'four' (for example Spillway:Sample:LaneCount=4)")]
    [InlineData("--Spillway:Sample:Linger=2ms", "Spillway:Sample:Linger must be a time as hh:mm:ss, not '2ms' (for example Spillway:Sample:Linger=00:00:00.0020000)")]
    [InlineData("--Spillway:Sample:Mode=bold", "Spillway:Sample:Mode must be one of Careful, Fast, not 'bold' (for example Spillway:Sample:Mode=Careful)")]
    [InlineData("--Spillway:Sample:LaneCoumt=3", "unknown key Spillway:Sample:LaneCoumt: did you mean Spillway:Sample:LaneCount?")]
    [InlineData("--Spillway:Sampel:LaneCount=3", "unknown key Spillway:Sampel:LaneCount: did you mean Spillway:Sample:LaneCount?")]
    [InlineData("--Spillway:Sample:Limits:InFlight=3", "unknown key Spillway:Sample:Limits:InFlight: did you mean Spillway:Sample:Limits:InFlightBytesMax?")]
    [InlineData("--Spillway:Sample:Volumes=/wal", "Spillway:Sample:Volumes has parts: set Spillway:Sample:Volumes:0 instead")]
    [InlineData("--Spillway:Attributed:LaneCount=17", "Spillway:Attributed:LaneCount must be between 1 and 16. (for example Spillway:Attributed:LaneCount=4)")]
    [InlineData("--Spillway:Service:HttpPort=70000", "Spillway:Service:HttpPort must be a port from 0 to 65535 (for example Spillway:Service:HttpPort=9644)")]
    public async Task A_bad_key_stops_the_start_with_one_line_that_names_it_and_shows_a_value(string argument, string expected)
    {
        var errors = new StringWriter();

        var exitCode = await ServiceHost.RunAsync([argument], args => ServiceTestContext.Build(AddSample, args), errors);

        Assert.Equal(ServiceHost.ExitRefused, exitCode);
        Assert.Equal($"cannot start: invalid configuration: {expected}\n", errors.ToString());
    }

    [Fact]
    public async Task Everything_wrong_is_told_at_once()
    {
        var errors = new StringWriter();

        var exitCode = await ServiceHost.RunAsync(
            ["--Spillway:Sample:LaneCount=0", "--Spillway:Service:HttpAddress=here", "--Spillway:Nothing=1"],
            args => ServiceTestContext.Build(AddSample, args),
            errors);

        Assert.Equal(ServiceHost.ExitRefused, exitCode);
        Assert.Contains("Spillway:Sample:LaneCount", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("Spillway:Service:HttpAddress", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("Spillway:Nothing", errors.ToString(), StringComparison.Ordinal);
        Assert.Single(errors.ToString().TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("lane", "lane", 0)]
    [InlineData("lanecount", "lanecoumt", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Edits_are_counted_as_Levenshtein_did(string a, string b, int expected) =>
        Assert.Equal(expected, NearestName.CountEdits(a, b));

    private static void AddSample(WebApplicationBuilder builder)
    {
        builder.AddSpillwayOptions<SampleOptions>(
            Section,
            static (options, errors) => errors.Require(options.LaneCount >= 1, nameof(SampleOptions.LaneCount), "must be at least 1", 4));
        builder.AddSpillwayOptions<AttributedOptions, AttributedOptionsValidator>("Spillway:Attributed");
    }
}
