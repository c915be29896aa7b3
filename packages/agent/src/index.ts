export { runSidecar, type Surroundings } from './sidecar/run-sidecar.ts';
export { readSidecarOptions, type SidecarFlags } from './sidecar/read-options.ts';
export type { SidecarOptions } from './sidecar/options.ts';
export { Sidecar, type SidecarPorts, type SidecarState } from './sidecar/sidecar.ts';
export { becomeInitIfFirst } from './child/init.ts';
export { createLog, SILENT, type Log, type LogFields, type LogLevel, type LogOptions } from './log/log.ts';
