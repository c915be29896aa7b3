import { anchorJson, anchorOf, canonicalJson } from '@themis-mesh/core';
import { readApp } from '@themis-mesh/owner';
import { writeCarried } from '../carried-file.ts';
import type { CliContext } from '../context.ts';
import type { HomeFlags } from '../flags.ts';
import { openPlace } from '../place.ts';

export interface AnchorFlags extends HomeFlags {
  readonly out?: string | undefined;
}

export async function anchor(this: CliContext, flags: AnchorFlags): Promise<void> {
  await using place = await openPlace(this, flags);
  const text = canonicalJson(anchorJson(anchorOf(await readApp(place))));
  if (flags.out === undefined) this.out.lines([text]);
  else await writeCarried(flags.out, Buffer.from(text));
}
