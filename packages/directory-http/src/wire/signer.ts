import type { IdentityId } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';

/** Whose history says who may sign what is kept under a key; undefined for what carries its own. */
export function signerOf(watched: Watched): IdentityId | undefined {
  switch (watched.kind) {
    case 'history':
    case 'charter':
      return undefined;
    case 'head':
      return watched.by;
    case 'service':
    case 'instance':
    case 'instances':
      return watched.id;
  }
}
