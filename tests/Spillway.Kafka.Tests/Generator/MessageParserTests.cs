using Spillway.Kafka.Generator.Schema;
using Xunit;

namespace Spillway.Kafka.Tests.Generator;

public sealed class MessageParserTests
{
    [Fact]
    public void A_message_with_nested_and_shared_structures_is_read()
    {
        var message = Assert.Single(Parse(
            """
            # A comment, and a blank line.

            request FooRequest key=7 versions=1-4 flexible=2+ unstable=4
              Name string 0+ nullable=3+ default=null ignorable
              Parts []Part 1-3
                Id int32 1-3 default=0x10
                Deep Deep 2+
                  Flag bool 2+ default=true
              Other []Shared 4+ tag=0
              After int8 0+
              struct Shared
                Code uint16 0+
            """));

        Assert.Equal(("FooRequest", MessageKind.Request, (short?)7), (message.Name, message.Kind, message.ApiKey));
        Assert.Equal("1-4/2+/4", $"{message.Versions}/{message.FlexibleVersions}/{message.UnstableVersions}");
        Assert.Equal(["Name", "Parts", "Other", "After"], message.Root.Fields.Select(f => f.Name));
        Assert.Equal(["Part", "Deep", "Shared"], message.Structs.Select(s => s.Name));
        Assert.Equal(["Id", "Deep"], message.FindStruct("Part")!.Fields.Select(f => f.Name));
        Assert.Equal("1-3", message.FindStruct("Part")!.Reach.ToString());
        Assert.Equal("2-3", message.FindStruct("Deep")!.Reach.ToString());
        Assert.Equal("4", message.FindStruct("Shared")!.Reach.ToString());
        Assert.True(message.FindStruct("Deep")!.IsHeldDirectly);
        Assert.Equal(0, message.Root.Fields[2].Tag);
    }

    [Theory]
    [InlineData("question Foo versions=0", "expected: request|response|header|data")]
    [InlineData("data Foo versions=0+ flexible=none", "no closed range")]
    [InlineData("data Foo versions=3-1 flexible=none", "'versions=3-1' is not understood")]
    [InlineData("data Foo versions=0 color=red", "'color=red' is not understood")]
    [InlineData("request Foo versions=0 flexible=none", "have an API key")]
    [InlineData("data Foo key=1 versions=0 flexible=none", "have an API key")]
    public void A_wrong_message_line_is_an_error(string line, string problem)
    {
        var error = Assert.Single(Errors(line + "\n  A int8 0+\n"));

        Assert.Equal(0, error.Line);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A int8", "expected: NAME TYPE VERSIONS")]
    [InlineData("a int8 0+", "'a' is not a name")]
    [InlineData("A int99 0+", "neither a type nor a structure")]
    [InlineData("A int8 x", "not a range of versions")]
    [InlineData("A int8 0+ default=200", "'200' is no default here")]
    [InlineData("A bool 0+ default=maybe", "'maybe' is no default here")]
    [InlineData("A string 0+ default=null", "no version is nullable")]
    [InlineData("A int8 0+ nullable=0+", "cannot be null")]
    [InlineData("A []bytes 0+", "not supported")]
    [InlineData("A int8 0+ shiny", "'shiny' is not understood")]
    [InlineData("A int8 0+ tag=0", "tagged in versions that are not flexible")]
    [InlineData("A Missing 0+", "Missing is not defined")]
    [InlineData("Ok int8 0+", "has the name or tag of Ok twice")]
    [InlineData("struct Extra 0+", "expected 'struct NAME'")]
    [InlineData("struct Unused\n    A int8 0+", "no field of Foo holds Unused")]
    public void A_wrong_field_line_is_an_error_and_leaves_the_message_out(string line, string problem)
    {
        var errors = new List<SchemaError>();

        var messages = MessageParser.Parse("data Foo versions=0-1 flexible=1+\n  Ok int8 0+\n  " + line + "\n", errors);

        Assert.Empty(messages);
        var error = Assert.Single(errors);
        Assert.Equal(2, error.Line);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_structure_that_contains_itself_is_an_error()
    {
        var error = Assert.Single(Errors(
            "data Foo versions=0 flexible=none\n  A []Node 0+\n  struct Node\n    Next []Node 0+\n"));

        Assert.Contains("Node contains itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_indentation_that_fits_nothing_is_an_error()
    {
        var error = Assert.Single(Errors("data Foo versions=0 flexible=none\n    A int8 0+\n  B int8 0+\n"));

        Assert.Equal(2, error.Line);
        Assert.Contains("indentation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_wrong_message_does_not_hide_the_next()
    {
        var errors = new List<SchemaError>();

        var messages = MessageParser.Parse(
            "data Foo versions=0 flexible=none\n  A int99 0+\n\ndata Bar versions=0 flexible=none\n  A int8 0+\n", errors);

        Assert.Equal("Bar", Assert.Single(messages).Name);
        Assert.Single(errors);
    }

    [Fact]
    public void Error_codes_are_read_and_checked()
    {
        var errors = new List<SchemaError>();

        var codes = ErrorCodeParser.Parse(
            "# x\n-1 UNKNOWN\n3 LOST retriable refreshes-metadata\nfour FOUR\n5 FIVE loudly\n3 AGAIN\n", errors);

        Assert.Equal(["UNKNOWN", "LOST", "FIVE"], codes.Select(c => c.Name));
        Assert.True(codes[1].IsRetriable && codes[1].RefreshesMetadata);
        Assert.Equal([3, 4, 5], errors.Select(e => e.Line));
    }

    private static List<MessageSchema> Parse(string text)
    {
        var errors = new List<SchemaError>();
        var messages = MessageParser.Parse(text, errors);
        Assert.Empty(errors.Select(e => e.Message));
        return messages;
    }

    private static List<SchemaError> Errors(string text)
    {
        var errors = new List<SchemaError>();
        MessageParser.Parse(text, errors);
        return errors;
    }
}
