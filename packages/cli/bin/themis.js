#!/usr/bin/env node
// Plain JavaScript that old releases of Node.js can read, so that they get a sentence instead of a syntax error.
import { existsSync } from 'node:fs';
import module from 'node:module';

const FLOOR = [24, 11];
const SOURCE = new URL('../src/main.ts', import.meta.url);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < FLOOR[0] || (major === FLOOR[0] && minor < FLOOR[1])) {
  const remedy = existsSync(SOURCE) ? '\nIn the repository, "npm run themis -- …" brings its own.' : '';
  console.error(`themis needs Node.js ${FLOOR.join('.')} or newer; this is ${process.version} (${process.execPath}).${remedy}`);
  process.exitCode = 1;
} else if (existsSync(SOURCE)) {
  // The repository: the packages run from source, which their exports give under a condition of ours.
  module.registerHooks({
    resolve: (specifier, context, next) => next(specifier, { ...context, conditions: ['themis-source', ...context.conditions] }),
  });
  await import(SOURCE.href);
} else {
  await import('../bundle/main.js');
}
