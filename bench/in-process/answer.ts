import type { RequestListener } from 'node:http';
import { BODY } from './contender.ts';

/** The one handler of `node:http`, whoever serves it. */
export const answer: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': BODY.length });
  response.end(BODY);
};
