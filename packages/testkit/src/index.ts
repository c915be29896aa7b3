export { makeBadLeaves, type BadLeaf } from './bad-leaves.ts';
export { DEBIAN_LIBRARIES, debianProgram, installationsIn, unpackDebian, type Program } from './debian.ts';
export { freePort } from './free-port.ts';
export { ManualClock, skewed } from './manual-clock.ts';
export { MemoryHistories } from './memory-histories.ts';
export { sendInOneFlight, type OneFlight } from './one-flight.ts';
export {
  connectWithOpenssl,
  OpensslServer,
  runCurl,
  whyMissing,
  Workbench,
  type ClientOutcome,
  type PresentedIdentity,
} from './openssl.ts';
export { Stage, type Call, type StageOptions } from './stage.ts';
export { Script } from './script.ts';
export { SwappableCredentials } from './swappable-credentials.ts';
export { TestApp, type LeafWish } from './test-app.ts';
export { makeLeaf, withChain, type TestLeaf, type TestLeafPlan } from './test-leaf.ts';
export { TestService } from './test-service.ts';
export { timeByCalls } from './time-by-calls.ts';
export { DEADLINE_MS, waitFor, within } from './wait.ts';
export * as rawFrames from './raw-frames.ts';
export { pythonWith, type Python } from './python.ts';
export { testDirectory, type OpenDirectory } from './directory/compliance.ts';
export { expectFound, expectRefused, instancesOf, storeAll } from './directory/expectations.ts';
export { Watch } from './directory/watch.ts';
export { endpointAt, flipped, Signers, type InstanceWish } from './directory/signers.ts';
export { MemoryNetwork, type MemoryNetworkOptions, type Reached } from './kad/memory-network.ts';
export { KadFleet, OpenRoster, seededChance, spanClock, type FleetNode, type KadFleetOptions } from './kad/kad-fleet.ts';
