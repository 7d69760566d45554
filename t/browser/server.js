// A Chromium for several tests: prints the address that launch() of browser.js connects
// to, as MINITWIT_CHROMIUM, and ends with its input.

'use strict';

const { chromium } = require('playwright-core');
const { options } = require('./browser');

(async () => {
	const server = await chromium.launchServer(options);
	console.log(server.wsEndpoint());
	process.stdin.resume();
	process.stdin.on('end', () => server.close());
})();
