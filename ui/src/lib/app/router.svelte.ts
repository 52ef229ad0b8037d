// The route that is shown. The address bar's hash is the truth, so that back and forward work.

import { HOME, formatRoute, parseRoute, type Route } from './route';

class Router {
  route = $state.raw<Route>(parseRoute(window.location.hash));

  constructor() {
    window.addEventListener('hashchange', () => {
      this.route = parseRoute(window.location.hash);
    });
  }

  go(route: Route): void {
    const hash = formatRoute(route);
    if (hash !== window.location.hash) window.history.pushState(null, '', hash);
    this.route = route;
  }

  /** As `go`, without a step that Back would return to: for moving within a list. */
  replace(route: Route): void {
    window.history.replaceState(null, '', formatRoute(route));
    this.route = route;
  }

  /** After locking: the place stays, what was searched does not. */
  forgetSearched(): void {
    this.route = parseRoute(window.location.hash);
  }

  /** After signing out: nothing of the last account stays in the address. */
  reset(): void {
    this.replace(HOME);
  }
}

export const router = new Router();
