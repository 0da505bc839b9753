using Microsoft.Extensions.Options;
using Spillway.Storage.Caching.Disk;

namespace Spillway.Storage.Caching;

/// <summary>Reports everything that is wrong with the options, by configuration key.</summary>
internal sealed class ObjectCacheOptionsValidator : IValidateOptions<ObjectCacheOptions>
{
    private const string Section = ObjectCacheOptions.Section;

    public ValidateOptionsResult Validate(string? name, ObjectCacheOptions options)
    {
        List<string> errors = [];
        if (options.BlockBytesMax < 1 << 20)
        {
            errors.Add($"{Section}:BlockBytesMax is {options.BlockBytesMax}; it is at least 1 MiB.");
        }

        if (options.IndexBytesMax < 1 << 20)
        {
            errors.Add($"{Section}:IndexBytesMax is {options.IndexBytesMax}; it is at least 1 MiB.");
        }

        if (options.DiskBytesMax < 64 << 20)
        {
            errors.Add($"{Section}:DiskBytesMax is {options.DiskBytesMax}; it is at least 64 MiB.");
        }

        if (options.DiskFolder is { Length: > 0 } folder && WhyUnusable(folder) is { } reason)
        {
            errors.Add($"{Section}:DiskFolder is '{folder}', where no file can be made: {reason} Example: /var/cache/spillway");
        }

        if (options.ConcurrentReadsMax is < 1 or > 1024)
        {
            errors.Add($"{Section}:ConcurrentReadsMax is {options.ConcurrentReadsMax}; it is 1 to 1024.");
        }

        if (options.InFlightBytesMax < 1 << 20)
        {
            errors.Add($"{Section}:InFlightBytesMax is {options.InFlightBytesMax}; it is at least 1 MiB.");
        }

        if (options.BytesPerSecondMax is < -1 or (> 0 and < 1_000_000))
        {
            errors.Add($"{Section}:BytesPerSecondMax is {options.BytesPerSecondMax}; it is -1, 0 or at least 1000000.");
        }

        if (options.RequestBytesMax is < 4096 or > 1 << 30)
        {
            errors.Add($"{Section}:RequestBytesMax is {options.RequestBytesMax}; it is 4 KiB to 1 GiB.");
        }

        if (options.HedgedPercentMax is < 0 or > 50)
        {
            errors.Add($"{Section}:HedgedPercentMax is {options.HedgedPercentMax}; it is 0 to 50.");
        }

        if (options.ReadAheadBytesMax < 0)
        {
            errors.Add($"{Section}:ReadAheadBytesMax is {options.ReadAheadBytesMax}; it is 0 or more.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static string? WhyUnusable(string folder)
    {
        try
        {
            using var file = new UnnamedFile(folder);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return e.Message;
        }
    }
}
