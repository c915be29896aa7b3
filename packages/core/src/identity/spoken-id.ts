import { sha256 } from '../encoding/sha256.ts';
import type { IdentityId } from './id.ts';

const CONSONANTS = 'bdfghjklmnprstvz';
const VOWELS = 'aiou';

/** How many words an ID is spoken in: 16 bits each, so that finding another identity with the same ones takes 2^96 tries. */
const WORDS = 6;

/**
 * An identity's ID as words to be compared by voice: 96 bits of its SHA-256 as proquints (arXiv 0901.4016), each two
 * consonants and vowels and a consonant at its end. `lusab babad gutih …`
 */
export function spokenId(id: IdentityId): string {
  const digest = Buffer.from(sha256(`themis-spoken-id ${id}`));
  return Array.from({ length: WORDS }, (_, index) => proquint(digest.readUInt16BE(2 * index))).join(' ');
}

/** @param bits 16 of them */
export function proquint(bits: number): string {
  const consonant = (shift: number): string => CONSONANTS.charAt((bits >> shift) & 0xf);
  const vowel = (shift: number): string => VOWELS.charAt((bits >> shift) & 0x3);
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0);
}
