namespace Spillway.History.Checking;

/// <summary>
/// A table of values by number, in pages: as small as an array where numbers are dense, and harmless where they are not. One owner.
/// </summary>
internal sealed class PagedTable<T>(T empty)
    where T : struct
{
    private const int PageBits = 10;
    private const int PageLength = 1 << PageBits;

    private readonly Dictionary<long, T[]> _pages = [];
    private long _lastNumber = long.MinValue;
    private T[] _lastPage = [];

    /// <summary>The numbers of the pages in use, in order; page p holds numbers from p × <see cref="NumbersPerPage"/>.</summary>
    public IEnumerable<long> Pages => _pages.Keys.Order();

    public static int NumbersPerPage => PageLength;

    /// <summary>The place of a number, made where there was none.</summary>
    public ref T At(long number) => ref Page(number >> PageBits)[number & (PageLength - 1)];

    /// <summary>What is at a number, or the empty value.</summary>
    public T Find(long number)
    {
        var page = number >> PageBits;
        if (page == _lastNumber)
        {
            return _lastPage[number & (PageLength - 1)];
        }

        return _pages.TryGetValue(page, out var found) ? found[number & (PageLength - 1)] : empty;
    }

    private T[] Page(long number)
    {
        if (number == _lastNumber)
        {
            return _lastPage;
        }

        if (!_pages.TryGetValue(number, out var page))
        {
            page = new T[PageLength];
            Array.Fill(page, empty);
            _pages.Add(number, page);
        }

        (_lastNumber, _lastPage) = (number, page);
        return page;
    }
}
