namespace Spillway.Kafka.Generator.Schema;

/// <summary>A line that says something: no comment, not blank.</summary>
internal readonly struct SchemaLine(int number, int indent, string[] words)
{
    private static readonly char[] Blank = [' '];

    /// <summary>Counted from 0, as Roslyn does.</summary>
    public int Number { get; } = number;

    public int Indent { get; } = indent;

    public string[] Words { get; } = words;

    public static IEnumerable<SchemaLine> Split(string text)
    {
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.TrimEnd();
            var content = line.TrimStart(' ');
            if (content.Length != 0 && content[0] != '#')
            {
                yield return new(
                    number,
                    line.Length - content.Length,
                    content.Split(Blank, StringSplitOptions.RemoveEmptyEntries));
            }

            number++;
        }
    }
}
