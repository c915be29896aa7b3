export { runSidecar, type Surroundings } from './sidecar/run-sidecar.ts';
export { readSidecarOptions, type SidecarFlags } from './sidecar/read-options.ts';
export type { SidecarOptions } from './sidecar/options.ts';
export { Sidecar, type SidecarPorts, type SidecarState } from './sidecar/sidecar.ts';
export { growHeapFreely } from './sidecar/heap.ts';
export { becomeInitIfFirst } from './child/init.ts';
export { createLog, SILENT, type Log, type LogFields, type LogLevel, type LogOptions } from './log/log.ts';

export { runUp, type UpSurroundings } from './up/run-up.ts';
export { MAX_CONFIG_BYTES, parseConfig, readConfig, type ParsedConfig } from './up/parse-config.ts';
export type { AppConfig, ServicePlan } from './up/config.ts';
export { showMistake, type Mistake } from './up/mistake.ts';
export { readUpStatus, type InstanceStatus, type UpStatus } from './up/up-state.ts';
export { readyReport, type ReadyReport } from './up/ready-report.ts';
export { readObserveAll, type ObserveAll } from './up/observe-all.ts';
export { runArguments } from './up/run-arguments.ts';
export { MOST_DEATHS } from './up/back-off.ts';
export { CONFIG_KEYS, MOST_REPLICAS } from './up/schema.ts';
export { MOST_FIELDS } from './http/request-fault.ts';
