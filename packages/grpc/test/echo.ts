import {
  makeGenericClientConstructor,
  type Client,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

/** A service of bytes, so that no description of messages is needed: one method of each kind. */
const bytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };

export const ECHO: ServiceDefinition = {
  unary: { path: '/test.Echo/Unary', requestStream: false, responseStream: false, ...bytes },
  collect: { path: '/test.Echo/Collect', requestStream: true, responseStream: false, ...bytes },
  repeat: { path: '/test.Echo/Repeat', requestStream: false, responseStream: true, ...bytes },
  converse: { path: '/test.Echo/Converse', requestStream: true, responseStream: true, ...bytes },
};

export const EchoClient: ReturnType<typeof makeGenericClientConstructor> = makeGenericClientConstructor(ECHO, 'Echo');

export const UNARY: string = '/test.Echo/Unary';

interface EchoHandlers extends UntypedServiceImplementation {
  readonly unary: handleUnaryCall<Buffer, Buffer>;
  readonly collect: handleClientStreamingCall<Buffer, Buffer>;
  readonly repeat: handleServerStreamingCall<Buffer, Buffer>;
  readonly converse: handleBidiStreamingCall<Buffer, Buffer>;
}

/** Says what it hears. @param note is given the metadata of each call. @param others in the place of these */
export function echo(
  note: (metadata: Metadata) => void = () => undefined,
  others: { readonly unary?: handleUnaryCall<Buffer, Buffer> } = {},
): EchoHandlers {
  return {
    unary: ({ request, metadata }, answer) => {
      note(metadata);
      answer(null, request);
    },
    collect: (call, answer) => {
      note(call.metadata);
      const parts: Buffer[] = [];
      call.on('data', (part: Buffer) => parts.push(part));
      call.on('end', () => answer(null, Buffer.concat(parts)));
    },
    repeat: (call) => {
      note(call.metadata);
      for (let time = 0; time < 3; time += 1) call.write(call.request);
      call.end();
    },
    converse: (call) => {
      note(call.metadata);
      call.on('data', (part: Buffer) => call.write(part));
      call.on('end', () => call.end());
    },
    ...others,
  };
}

/** One unary call. */
export function callUnary(client: Client, body: string, metadata?: Metadata, deadline?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = deadline === undefined ? {} : { deadline };
    const done = (error: Error | null, answer?: Buffer): void => {
      if (error === null) resolve(String(answer));
      else reject(error);
    };
    if (metadata === undefined) client.makeUnaryRequest(UNARY, same, same, Buffer.from(body), options, done);
    else client.makeUnaryRequest(UNARY, same, same, Buffer.from(body), metadata, options, done);
  });
}

export function same(value: Buffer): Buffer {
  return value;
}
