import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as agent from '@themis-mesh/agent';
import * as channel from '@themis-mesh/channel';
import * as core from '@themis-mesh/core';
import * as directory from '@themis-mesh/directory';
import * as kad from '@themis-mesh/directory-kad';
import * as mesh from '@themis-mesh/mesh';
import * as storage from '@themis-mesh/storage';
import * as telemetry from '@themis-mesh/telemetry';
import { ROOT } from '../root.ts';

const ROW = /^\| .* \| (\d+)(?: \w+)? \| `([A-Z_]+)(?:\.(\w+))?` \|$/gm;
const PACKAGES = [core, channel, directory, kad, storage, telemetry, mesh, agent];
const CONSTANTS: ReadonlyMap<string, unknown> = new Map(PACKAGES.flatMap((names) => Object.entries(names)));

test('the page of limits says what the sources say', () => {
  const page = readFileSync(join(ROOT, 'docs/reference/limits.md'), 'utf8');
  const rows = [...page.matchAll(ROW)];
  assert.equal(rows.length, page.split('\n').filter((line) => /`[A-Z_.a-z]+` \|$/.test(line)).length);
  assert.ok(rows.length > 15);
  for (const [, value, name = '', member] of rows) {
    const constant = CONSTANTS.get(name);
    const found = member === undefined ? constant : (constant as Readonly<Record<string, unknown>>)[member];
    assert.equal(found, Number(value), `${name}${member === undefined ? '' : `.${member}`}`);
  }
});
