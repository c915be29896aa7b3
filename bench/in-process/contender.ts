/** One call that reads its whole answer of 1 KiB. */
export type Call = () => Promise<unknown>;

/**
 * A client and a server, each in a process of its own. A contender is one file below `contenders/` that exports both as
 * {@link serve} and {@link connect}, and a row of the catalog.
 */
export interface ContenderModule {
  /** Starts the server. @returns where the client finds it: a port, or nothing where the directory says it */
  readonly serve: (home: string) => Promise<number>;
  readonly connect: (plan: { readonly home: string; readonly port: number }) => Promise<Call>;
}

/** What every server answers. */
export const BODY: Buffer = Buffer.alloc(1024, 'x');

/** The services of the mesh that the two processes are. */
export const CLIENT = 'client';
export const SERVER = 'server';
