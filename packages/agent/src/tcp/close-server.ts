/** Takes no more connections. @returns resolves when those that are open have ended */
export function closeServer(server: { close(done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
