using System.Globalization;
using System.Text;

namespace Spillway.Metadata.Restoring;

/// <summary>What a restore did and what it could not do, for the operator: logged, and kept in the object store with the new incarnation.</summary>
internal sealed class RestoreReport
{
    /// <summary>Of lines of one kind; how many there are is always said.</summary>
    private const int LinesOfAKindMax = 1_000;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(FormattableString line) => _lines.Add(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>A headline and what it is about, the first of them.</summary>
    public void Add(FormattableString headline, IReadOnlyCollection<string> details)
    {
        Add(headline);
        _lines.AddRange(details.Take(LinesOfAKindMax).Select(static detail => "  " + detail));
        if (details.Count > LinesOfAKindMax)
        {
            Add($"  and {details.Count - LinesOfAKindMax} more.");
        }
    }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Join('\n', _lines) + "\n");
}
