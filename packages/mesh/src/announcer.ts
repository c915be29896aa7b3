import { EventEmitter } from 'node:events';
import type { MeshEvents } from './mesh.ts';

/** Hears of some events. */
export type EventObserver = { readonly [Name in keyof MeshEvents]?: (detail: MeshEvents[Name][0]) => void };

/**
 * Tells what happens to whoever listens: in order, and after the work at hand, so that a listener that throws ends the program
 * as any uncaught error does, and leaves nothing half done here.
 */
export class Announcer {
  readonly events: EventEmitter<MeshEvents> = new EventEmitter();
  readonly #observers: EventObserver[] = [];

  /** Has somebody of ours hear at once, whoever else listens. It must not throw. */
  observe(observer: EventObserver): void {
    this.#observers.push(observer);
  }

  tell<Name extends keyof MeshEvents>(name: Name, detail: MeshEvents[Name][0]): void {
    for (const observer of this.#observers) observer[name]?.(detail);
    const emitter: EventEmitter = this.events;
    process.nextTick(() => emitter.emit(name, detail));
  }
}
