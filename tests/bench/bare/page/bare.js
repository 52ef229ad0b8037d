// The page is parsed: onto the screen, as the app does once its first list is drawn.
window.__TAURI_INTERNALS__.invoke('drawn');
