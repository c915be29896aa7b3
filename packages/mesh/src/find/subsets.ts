import { carries, type Target } from './target.ts';

type Labels = Readonly<Record<string, string>>;

/** Finds the targets that carry labels; once for each list of targets and each set of labels, as objects. */
export class Subsets {
  readonly #known = new WeakMap<readonly Target[], WeakMap<Labels, readonly Target[]>>();

  of(targets: readonly Target[], labels: Labels): readonly Target[] {
    let byLabels = this.#known.get(targets);
    if (byLabels === undefined) {
      byLabels = new WeakMap();
      this.#known.set(targets, byLabels);
    }
    let found = byLabels.get(labels);
    if (found === undefined) {
      found = targets.filter((target) => carries(target, labels));
      byLabels.set(labels, found);
    }
    return found;
  }
}
