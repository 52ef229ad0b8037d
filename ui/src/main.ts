import '@fontsource-variable/inter/wght.css';
import './app.css';

import { mount } from 'svelte';
import App from './App.svelte';
import { connectBackend } from './lib/backend';

// A page that is not on the screen yet asks for no font by itself.
void document.fonts.load('1em "Inter Variable"');

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has an element #app');

await connectBackend();
mount(App, { target });
