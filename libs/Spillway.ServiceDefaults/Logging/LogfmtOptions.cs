using Microsoft.Extensions.Logging.Console;

namespace Spillway.ServiceDefaults.Logging;

/// <summary>The formatter has no settings: one format, for people and machines alike.</summary>
internal sealed class LogfmtOptions : ConsoleFormatterOptions;
