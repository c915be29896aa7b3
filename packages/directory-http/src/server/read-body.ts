/** All of a request's body, as long as it is of no more bytes than given. @returns undefined where it goes on after them */
export async function readBody(request: Request, mostBytes: number): Promise<Uint8Array | undefined> {
  const { body } = request;
  if (body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels what is still to come.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
