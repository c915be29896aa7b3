import { ThemisError } from '@themis-mesh/core';

/** Pages of the port itself, and what a user typed. */
const OWN: ReadonlySet<string> = new Set(['same-origin', 'none']);

/**
 * Refuses what a page of another origin makes its browser ask: whoever reads such a page is no program of this member, and a port
 * of loopback wants no credential. Browsers say it in a field that no page can write (W3C Fetch Metadata, section 2.4).
 *
 * @param site the value of `sec-fetch-site`; undefined for programs, which send none
 * @throws ThemisError `THEMIS_REQUEST_REFUSED`
 */
export function refuseOtherOrigin(site: string | undefined): void {
  if (site === undefined || OWN.has(site)) return;
  throw new ThemisError('THEMIS_REQUEST_REFUSED', 'a page of another origin asks (Sec-Fetch-Site)');
}
