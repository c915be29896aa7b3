import { valuesOf, type Fields } from './fields.ts';

/**
 * The links of early hints: of those only links are passed on (RFC 8297), for what else came would be believed before the answer
 * says so. Node throws for a link of a form that it does not know, and takes long to find that out; so all are of this form.
 */
export function linksOf(fields: Fields): string[] {
  const links = valuesOf(fields, 'link').flatMap((value) => value.split(/,[ \t]*(?=<)/));
  return links.filter((link) => LINK.test(link));
}

/** A link and its parameters (RFC 8288 section 3), where no quoted value has a space, a semicolon or an equals sign in it. */
const LINK = /^<[^>]*>(?:[ \t]*;[ \t]*[^;="\s]+(?:=(?:"[^;="\s]*"|[^;="\s]*))?)*$/;
