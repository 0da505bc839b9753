using Spillway.Storage.Faults;
using Spillway.Testing;
using Spillway.Testing.Faults;
using Xunit;

namespace Spillway.Storage.Tests.Faults;

public sealed class FaultControlTests
{
    private const string Flush = """{"volume":"v1","fault":"error"}""";

    [Fact]
    public void A_process_without_a_control_file_has_no_faults_and_no_hooks()
    {
        using var script = FaultScript.CreateOff();

        Assert.False(script.Control.IsOn);
        Assert.Same(NoFailPoints.Instance, FaultServices.CreateFailPoints(script.Control));
    }

    [Fact]
    public void The_file_is_looked_at_again_and_again()
    {
        var time = new ManualTimeProvider();
        using var script = new FaultScript(time);

        File.WriteAllText(script.Path, Flush);
        Assert.Empty(script.Control.Rules);
        time.Advance(TimeSpan.FromMilliseconds(150));
        Assert.Single(script.Control.Rules);
        File.Delete(script.Path);
        time.Advance(TimeSpan.FromMilliseconds(150));
        Assert.Empty(script.Control.Rules);
    }

    [Theory]
    [InlineData("""{"volume":"v1","fault":"eror"}""")]
    [InlineData("""{"volume":"v1","fault":"error","cals":["flush"]}""")]
    [InlineData("""{"volume":"v1","fault":"error","calls":["flusch"]}""")]
    [InlineData("""{"volume":"v1","fault":"error","errno":"EWHAT"}""")]
    [InlineData("""{"volume":"v1","fault":"delay"}""")]
    [InlineData("""{"volume":"v1","fault":"pause"}""")]
    [InlineData("""{"volume":"v1","fault":"error","probability":0}""")]
    [InlineData("""{"volume":"v1","fault":"error","count":0}""")]
    [InlineData("""{"volume":"v1","fault":"freeze","seconds":-1}""")]
    [InlineData("""{"volume":"v1","failPoint":"p","fault":"crash"}""")]
    [InlineData("""{"failPoint":"p","fault":"freeze"}""")]
    [InlineData("""{"fault":"freeze"}""")]
    [InlineData("""{"volume":"v1" """)]
    [InlineData("null")]
    public void A_bad_line_leaves_everything_as_it_was(string line)
    {
        using var script = new FaultScript();
        script.Set(Flush);
        var rule = Assert.Single(script.Control.Rules);

        script.Set("""{"volume":"v2","fault":"freeze"}""", line);

        Assert.Same(rule, Assert.Single(script.Control.Rules));
        Assert.False(rule.Ended.IsCompleted);
    }

    [Fact]
    public void A_rule_strikes_after_its_skips_and_as_often_as_it_may()
    {
        using var script = new FaultScript();
        script.Set("""{"volume":"v1","fault":"error","skip":2,"count":3}""");
        var rule = Assert.Single(script.Control.Rules);

        Assert.Equal("001110", string.Concat(Enumerable.Range(0, 6).Select(_ => rule.TryStrike() ? '1' : '0')));
    }

    [Fact]
    public void A_line_that_stays_goes_on_counting_and_one_with_another_id_begins_anew()
    {
        using var script = new FaultScript();
        script.Set("""{"volume":"v1","fault":"error","count":1}""");
        Assert.True(script.Control.Rules[0].TryStrike());

        script.Set("# more of it", """{"volume":"v1","fault":"error","count":1}""", """{"id":"2","volume":"v1","fault":"error","count":1}""");

        Assert.Equal([false, true], script.Control.Rules.Select(rule => rule.TryStrike()));
    }

    [Fact]
    public void A_probability_is_kept_and_repeats_in_every_run()
    {
        using var script = new FaultScript();
        var strikes = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            script.Set("""{"volume":"v1","fault":"error","probability":0.25}""");
            var rule = Assert.Single(script.Control.Rules);
            strikes.Add(string.Concat(Enumerable.Range(0, 1000).Select(_ => rule.TryStrike() ? '1' : '0')));
            script.Set();
        }

        Assert.InRange(strikes[0].Count(c => c == '1'), 200, 300);
        Assert.Equal(strikes[0], strikes[1]);
    }

    [Fact]
    public void A_rule_ends_after_its_seconds()
    {
        var time = new ManualTimeProvider();
        using var script = new FaultScript(time);
        script.Set("""{"volume":"v1","fault":"error","seconds":1.5}""");
        var rule = Assert.Single(script.Control.Rules);

        time.Advance(TimeSpan.FromSeconds(1.4));
        Assert.True(rule.TryStrike());
        time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.False(rule.TryStrike());
        Assert.True(rule.Ended.IsCompleted);
    }
}
