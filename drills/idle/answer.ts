/** What a peer answers to each call. */
export const ANSWER: Buffer = Buffer.alloc(1024, 97);
