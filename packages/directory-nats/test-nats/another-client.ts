import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/** Somebody else who may write in the buckets, and believes in no rules. */
export class AnotherClient implements AsyncDisposable {
  readonly connection: NatsConnection;

  private constructor(connection: NatsConnection) {
    this.connection = connection;
  }

  static async connect(server: string): Promise<AnotherClient> {
    return new AnotherClient(await connect({ servers: server }));
  }

  bucket(kind: string): Promise<KV> {
    return new Kvm(jetstream(this.connection)).open(`themis-${kind}`);
  }

  async make(name: string, ttl: number): Promise<void> {
    await new Kvm(jetstream(this.connection)).create(name, { ttl });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.connection.close();
  }
}
