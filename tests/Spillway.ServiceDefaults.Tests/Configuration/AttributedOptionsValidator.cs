using Microsoft.Extensions.Options;

namespace Spillway.ServiceDefaults.Tests.Configuration;

[OptionsValidator]
internal sealed partial class AttributedOptionsValidator : IValidateOptions<AttributedOptions>;
