import type { Case } from './case.ts';
import { chunks } from './chunks.ts';
import { framing } from './framing.ts';
import { lines } from './lines.ts';
import { targets } from './targets.ts';
import { turns } from './turns.ts';

export { type Case, type Meaning, type Place, type Sent } from './case.ts';

/** All cases, always in this order: what is added to it comes last in its part. */
export const CORPUS: readonly Case[] = [...framing(), ...chunks(), ...lines(), ...targets(), ...turns()];
