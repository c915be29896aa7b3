import { EventEmitter } from 'node:events';
import type { MeshEvents } from './mesh.ts';

/**
 * Tells what happens to whoever listens: in order, and after the work at hand, so that a listener that throws ends the program
 * as any uncaught error does, and leaves nothing half done here.
 */
export class Announcer {
  readonly events: EventEmitter<MeshEvents> = new EventEmitter();

  tell<Name extends keyof MeshEvents>(name: Name, detail: MeshEvents[Name][0]): void {
    const emitter: EventEmitter = this.events;
    process.nextTick(() => emitter.emit(name, detail));
  }
}
