// What a screen reader is told of things that change by themselves.

class Announcer {
  polite = $state('');
  assertive = $state('');

  /** Said when the reader comes to rest. */
  say(text: string): void {
    // The same words twice must be a change, or they are not read again.
    this.polite = this.polite === text ? `${text}\u00A0` : text;
  }

  /** Said at once: for what failed. */
  interrupt(text: string): void {
    this.assertive = this.assertive === text ? `${text}\u00A0` : text;
  }

  /** Nothing of the data stays in the document once it is locked. */
  clear(): void {
    this.polite = '';
    this.assertive = '';
  }
}

export const announcer = new Announcer();
