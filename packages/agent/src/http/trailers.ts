import { fieldsOf, type Fields } from './fields.ts';
import { isIdentityField } from './identity-fields.ts';

/**
 * What may not come after a body, because it was needed before it (RFC 9110 section 6.5.1): framing, routing,
 * authentication, and how the body is to be read.
 */
const NOT_IN_TRAILERS =
  /^(?:host|te|trailer|upgrade|connection|keep-alive|transfer-encoding|expect|range|max-forwards|authorization|cookie|set-cookie|www-authenticate|age|date|expires|location|retry-after|vary|warning|cache-control|pragma|content-.*|if-.*|proxy-.*)$/;

/** The trailers of a message that are passed on, as pairs. To be asked when its body has ended. */
export function trailersToPass({ rawTrailers }: { readonly rawTrailers: Fields }): [string, string][] {
  const passed: [string, string][] = [];
  for (const { name, spelling, value } of fieldsOf(rawTrailers)) {
    if (!NOT_IN_TRAILERS.test(name) && !isIdentityField(name)) passed.push([spelling, value]);
  }
  return passed;
}
