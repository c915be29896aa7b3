import { stripVTControlCharacters, styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Colours and weights for a terminal, or none at all. */
export class Paint {
  readonly isOn: boolean;

  constructor(isOn: boolean) {
    this.isOn = isOn;
  }

  bold(text: string): string {
    return this.#with('bold', text);
  }

  dim(text: string): string {
    return this.#with('dim', text);
  }

  good(text: string): string {
    return this.#with('green', text);
  }

  warning(text: string): string {
    return this.#with('yellow', text);
  }

  bad(text: string): string {
    return this.#with(['bold', 'red'], text);
  }

  #with(format: Format, text: string): string {
    // Whether the stream takes colours was decided already.
    return this.isOn ? styleText(format, text, { validateStream: false }) : text;
  }
}

/** How many columns a text takes, without its colours. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
