import { connectivityState, experimental, type ChannelOptions } from '@grpc/grpc-js';
import { MeshPicker, type Child } from './mesh-picker.ts';
import { SCENE, type Scene } from './scene.ts';

/** Under which name a configuration of gRPC asks for it. */
export const MESH_BALANCING = 'themis_mesh';

/**
 * Holds a connection to each instance, and has each call go to whichever the mesh picks. It is for {@link SCENE}, which resolvers
 * of the mesh hand on.
 */
class MeshLoadBalancer implements experimental.LoadBalancer {
  readonly #helper: experimental.ChannelControlHelper;
  readonly #childHelper: experimental.ChannelControlHelper;
  #scene: Scene | undefined;
  #children: readonly Child[] = [];
  #arePaused = false;
  #wasReady = false;
  #lastError: string | undefined;

  constructor(helper: experimental.ChannelControlHelper) {
    this.#helper = helper;
    this.#childHelper = experimental.createChildChannelControlHelper(helper, {
      updateState: (_state, _picker, error) => {
        if (error !== null) this.#lastError = error;
        this.#update();
      },
    });
  }

  updateAddressList(
    endpoints: experimental.StatusOr<experimental.Endpoint[]>,
    _config: experimental.TypedLoadBalancingConfig,
    { [SCENE]: scene, [experimental.CHANNEL_ARGS_CONFIG_SELECTOR_KEY]: _selector, ...options }: ChannelOptions,
    note: string,
  ): boolean {
    if (!endpoints.ok) {
      if (this.#children.length > 0) return true;
      const picker = new experimental.UnavailablePicker(endpoints.error);
      this.#helper.updateState(connectivityState.TRANSIENT_FAILURE, picker, endpoints.error.details);
      return true;
    }
    if (!isScene(scene)) return false;
    const isSame = isSameScene(this.#scene, scene);
    this.#scene = scene;
    if (!isSame) this.#begin(scene, options, note);
    this.#update();
    return true;
  }

  exitIdle(): void {
    // All are kept connected.
  }

  resetBackoff(): void {
    // It has none of its own.
  }

  destroy(): void {
    for (const { balancer } of this.#children) balancer.destroy();
    this.#children = [];
    this.#scene = undefined;
  }

  getTypeName(): string {
    return MESH_BALANCING;
  }

  /** What gRPC holds of connections is shared, and let go of late: those that go on are taken up again. */
  #begin(scene: Scene, options: ChannelOptions, note: string): void {
    const before = this.#children;
    this.#arePaused = true;
    this.#children = [...scene.services].flatMap(([service, { targets }]) =>
      targets.map((target) => {
        const { host, port } = target.endpoint;
        const endpoint = { addresses: [{ host, port }] };
        return { service, target, balancer: new experimental.LeafLoadBalancer(endpoint, this.#childHelper, options, note) };
      }),
    );
    for (const { balancer } of this.#children) balancer.startConnecting();
    for (const { balancer } of before) balancer.destroy();
    this.#arePaused = false;
  }

  #update(): void {
    if (this.#arePaused || this.#scene === undefined) return;
    const state = stateOf(this.#children);
    // A connection was lost: the directory may know more.
    if (this.#wasReady && state !== connectivityState.READY) this.#helper.requestReresolution();
    this.#wasReady = state === connectivityState.READY;
    const picker = new MeshPicker(this.#scene, this.#children, this.#lastError);
    const error = state === connectivityState.TRANSIENT_FAILURE ? (this.#lastError ?? 'no instance') : null;
    this.#helper.updateState(state, picker, error);
    for (const { balancer } of this.#children) {
      if (balancer.getConnectivityState() === connectivityState.IDLE) balancer.exitIdle();
    }
  }
}

class MeshBalancing implements experimental.TypedLoadBalancingConfig {
  static createFromJson(): MeshBalancing {
    return new MeshBalancing();
  }

  getLoadBalancerName(): string {
    return MESH_BALANCING;
  }

  toJsonObject(): object {
    return { [MESH_BALANCING]: {} };
  }
}

export function registerMeshLoadBalancer(): void {
  experimental.registerLoadBalancerType(MESH_BALANCING, MeshLoadBalancer, MeshBalancing);
}

function stateOf(children: readonly Child[]): connectivityState {
  const states = children.map(({ balancer }) => balancer.getConnectivityState());
  const inOrder = [connectivityState.READY, connectivityState.CONNECTING, connectivityState.IDLE];
  const found = inOrder.find((state) => states.includes(state));
  if (found === connectivityState.IDLE) return connectivityState.CONNECTING;
  return found ?? connectivityState.TRANSIENT_FAILURE;
}

function isScene(value: unknown): value is Scene {
  return typeof value === 'object' && value !== null && 'services' in value;
}

/** Whether the connections are those that there are already. */
function isSameScene(before: Scene | undefined, { epoch, services }: Scene): boolean {
  if (before === undefined || before.epoch !== epoch || before.services.size !== services.size) return false;
  return [...services].every(([service, { targets }]) => {
    const known = before.services.get(service)?.targets;
    return known?.length === targets.length && targets.every((target, index) => target === known[index]);
  });
}
