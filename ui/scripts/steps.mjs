// What is done to a page, as the tables of screens and of ways write it down. What a step waits for is given by its
// test id.

/** @typedef {(page: import('playwright-core').Page) => Promise<unknown>} Step */

/** The selector of what bears this test id. */
export const testid = (id) => `[data-testid="${id}"]`;

/** @returns {Step} */
export const click = (id) => (page) => page.click(testid(id));

/** @returns {Step} */
export const fill = (id, text) => (page) => page.fill(testid(id), text);

/** @returns {Step} One key after the other. */
export const press =
  (...keys) =>
  async (page) => {
    for (const key of keys) await page.keyboard.press(key);
  };

/** @returns {Step} Waits until something matches the selector. */
export const matching = (selector) => (page) => page.waitForSelector(selector);

/** @returns {Step} */
export const shown = (id) => matching(testid(id));
