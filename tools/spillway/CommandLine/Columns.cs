namespace Spillway.Tool.CommandLine;

/// <summary>Lines of text whose columns begin below one another; the first line is the heading.</summary>
internal sealed class Columns(params string[] heading)
{
    private const string Gap = "  ";

    private readonly List<string[]> _lines = [heading];

    public void Add(params string[] cells) => _lines.Add(cells);

    public void WriteTo(TextWriter output)
    {
        var widths = new int[heading.Length];
        foreach (var line in _lines)
        {
            for (var i = 0; i < line.Length; i++)
            {
                widths[i] = Math.Max(widths[i], line[i].Length);
            }
        }

        foreach (var line in _lines)
        {
            output.WriteLine(string.Join(Gap, line.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
