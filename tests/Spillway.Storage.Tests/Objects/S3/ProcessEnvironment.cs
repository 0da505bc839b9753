using Xunit;

namespace Spillway.Storage.Tests.Objects.S3;

/// <summary>Tests that set variables of the process: one after the other, and beside no others.</summary>
[CollectionDefinition(nameof(ProcessEnvironment), DisableParallelization = true)]
public sealed class ProcessEnvironment;
