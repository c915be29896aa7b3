/** A figure, and the bound that it is held against. */
export interface Goal {
  readonly goal: string;
  readonly value: number;
  readonly unit: string;
  readonly relation: '≤' | '≥';
  readonly bound: number;
  readonly holds: boolean;
}

/** Less is better: latency, overhead, losses. @throws RangeError for a figure that is no finite number. */
export function atMost(goal: string, value: number, unit: string, bound: number): Goal {
  requireFinite(goal, value, bound);
  return { goal, value, unit, relation: '≤', bound, holds: value <= bound };
}

/** More is better: throughput, cases that were seen. @throws RangeError for a figure that is no finite number. */
export function atLeast(goal: string, value: number, unit: string, bound: number): Goal {
  requireFinite(goal, value, bound);
  return { goal, value, unit, relation: '≥', bound, holds: value >= bound };
}

/** One line of JSON with the members goal, value, unit, bound and holds. */
export function goalJson({ goal, value, unit, bound, holds }: Goal): string {
  const members = { goal, value, unit, bound, holds };
  return `{${Object.entries(members)
    .map(([name, member]) => `"${name}": ${JSON.stringify(member)}`)
    .join(', ')}}`;
}

export function describeGoal({ goal, value, unit, relation, bound, holds }: Goal): string {
  return `${holds ? 'holds' : 'FAILS'}  ${goal}: ${figure(value)} ${unit} (wanted ${relation} ${figure(bound)} ${unit})`;
}

/** A number with four digits that count, for people. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function requireFinite(goal: string, value: number, bound: number): void {
  // A comparison with NaN is false, which a benchmark that measured nothing must not be able to turn into a figure.
  if (!Number.isFinite(value) || !Number.isFinite(bound)) throw new RangeError(`${goal}: ${value} against ${bound} is no figure`);
}
