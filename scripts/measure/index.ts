export { ownCpu, processCpu, type CpuMeter } from './cpu.ts';
export { atLeast, atMost, describeGoal, figure, type Goal } from './goal.ts';
export { applyLoad, type LoadPlan, type LoadResult } from './load.ts';
export { memoryOf, type Memory } from './memory.ts';
export type { MeasureContext, Measurement } from './measurement.ts';
export { describeNoise } from './noise.ts';
export { interleave, type RoundPlan } from './rounds.ts';
export { describeSpread, percentileOf, ratioSpread, spreadOf, type Spread } from './spread.ts';
