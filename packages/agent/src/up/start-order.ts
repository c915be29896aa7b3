/**
 * Puts names in an order in which each stands behind all that it depends on; otherwise the order stays.
 *
 * @returns the order, or a circle of names, each of which depends on the next
 */
export function startOrder<N extends string>(
  dependsOn: ReadonlyMap<N, readonly N[]>,
): readonly N[] | { readonly circle: readonly N[] } {
  const done = new Set<N>();
  const visit = (name: N, trail: readonly N[]): readonly N[] | undefined => {
    if (done.has(name)) return undefined;
    const start = trail.indexOf(name);
    if (start !== -1) return [...trail.slice(start), name];
    for (const other of dependsOn.get(name) ?? []) {
      const circle = visit(other, [...trail, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of dependsOn.keys()) {
    const circle = visit(name, []);
    if (circle !== undefined) return { circle };
  }
  return [...done];
}
