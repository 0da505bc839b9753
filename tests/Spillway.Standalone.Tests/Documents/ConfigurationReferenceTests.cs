using Xunit;

namespace Spillway.Standalone.Tests.Documents;

public sealed class ConfigurationReferenceTests
{
    /// <summary>With SPILLWAY_WRITE_DOCS=1 the page is written instead of compared: <c>make docs</c>.</summary>
    [Fact]
    public void The_configuration_reference_is_what_the_options_classes_say() =>
        GeneratedPage.Check("configuration.md", ConfigurationReference.Write());

    [Fact]
    public void Every_option_is_documented()
    {
        var bare = ConfigurationReference.Write().Split('\n').Where(static line => line.EndsWith("|  |", StringComparison.Ordinal));

        Assert.Empty(bare);
    }
}
