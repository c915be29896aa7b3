// Plain HTTP on loopback. Its sidecar lets in whom the policy allows: without one, every member of its own app.
import { createServer } from 'node:http';

createServer((request, response) => response.end('12.50')).listen(process.env.PORT, '127.0.0.1');
