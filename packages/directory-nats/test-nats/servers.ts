import { suite } from 'node:test';
import { currentServer, debianServer } from './programs.ts';

/** Runs tests on each server that can be had; the others are skipped, and say why. */
export function onEachServer(title: string, tests: (path: string) => void): void {
  for (const [name, program] of [
    ['Debian', debianServer()],
    ['current', currentServer()],
  ] as const) {
    const missing = 'why' in program;
    suite(`${title}, ${name}: ${missing ? 'none' : program.version}`, { skip: missing ? program.why : false }, () => {
      tests(missing ? '' : program.path);
    });
  }
}

/** The newest server that can be had. */
export function onOneServer(title: string, tests: (path: string) => void): void {
  const programs = [currentServer(), debianServer()];
  const found = programs.find((program) => 'path' in program);
  const why = programs.flatMap((program) => ('why' in program ? [program.why] : [])).join('; ');
  suite(title, { skip: found === undefined ? why : false }, () => tests(found?.path ?? ''));
}
