// Debian's Chromium, and people who sit before it.  Whatever a page does that no
// page should do is noted while it is open.

'use strict';

const { chromium } = require('playwright-core');

const site = process.env.MINITWIT_URL;

const options = {
	executablePath: '/usr/bin/chromium',
	args: ['--headless', '--no-sandbox', '--disable-gpu',
		'--disable-quic', '--no-first-run',
		'--disable-background-networking',
		'--disable-component-update', '--disable-sync'],
	timeout: 0, // a machine may be slow
};

// The browser that t/browser/server.js has started, or one of the test's own.
function launch() {
	const shared = process.env.MINITWIT_CHROMIUM;
	return shared ? chromium.connect(shared) : chromium.launch(options);
}

// Somebody with a browser of their own.  A Person has
//	page      Playwright's page
//	answer    the answer that the page came with
//	misdeeds  what went wrong since the page was asked for, in lines
class Person {
	static async sitDown(browser, options) {
		const person = new this();
		// colours on their way to others have no contrast to speak of
		const context = await browser.newContext(
			{ baseURL: site, reducedMotion: 'reduce', ...options });
		person.page = await context.newPage();
		person.page.setDefaultTimeout(300000);
		person.misdeeds = [];
		person.#watch();
		return person;
	}

	#watch() {
		const note = (line) => this.misdeeds.push(line);

		this.page.on('request', (request) => {
			if (request.isNavigationRequest() &&
			    !request.redirectedFrom())
				this.misdeeds.length = 0;
			if (!request.url().startsWith(site))
				note(`asks another site: ${request.url()}`);
		});
		this.page.on('response', (response) => {
			if (response.request().isNavigationRequest())
				this.answer = response;
			else if (response.status() >= 400)
				note(`${response.status()} for ${response.url()}`);
		});
		// whoever leaves a page aborts what it has not got yet
		this.page.on('requestfailed', (request) => {
			const why = request.failure().errorText;
			if (why !== 'net::ERR_ABORTED')
				note(`no answer for ${request.url()}: ${why}`);
		});
		this.page.on('pageerror', (error) => note(error.stack));
		// a violation of the Content-Security-Policy, too; what could not
		// be loaded is noted above
		this.page.on('console', (message) => {
			if (message.type() === 'error' &&
			    !message.text().startsWith('Failed to load resource'))
				note(`console: ${message.text()}`);
		});
	}

	async goTo(path) {
		await this.page.goto(path);
	}

	// Does something that leads to a page, and waits for that.
	async leads(act) {
		await Promise.all([this.page.waitForEvent('load'), act()]);
	}

	async fill(selector, text) {
		await this.page.fill(selector, text);
	}

	async press(selector) {
		await this.leads(() => this.page.click(selector));
	}

	// What a page says in all elements that fit.
	async texts(selector) {
		return this.page.locator(selector).allInnerTexts();
	}

	async text(selector) {
		return (await this.texts(selector)).join(' / ');
	}

	path() {
		return this.page.url().replace(site, '');
	}

	async logIn(name) {
		await this.goTo('/login');
		await this.fill('[name=username]', name);
		await this.fill('[name=password]', 'pw');
		await this.press('[type=submit]');
	}

	async leave() {
		await this.page.context().close();
	}
}

// Somebody who has no mouse: what they use they reach with Tab, and see that
// they are there.
class Typist extends Person {
	async reach(selector) {
		for (let tabs = 0; tabs < 200; tabs++) {
			await this.page.keyboard.press('Tab');
			const focus = await this.page.evaluate((wanted) => {
				const element = document.activeElement;
				const style = getComputedStyle(element);
				return {
					isWanted: element.matches(wanted),
					isVisible: style.outlineStyle !== 'none' &&
						parseFloat(style.outlineWidth) >= 1,
					html: element.outerHTML.slice(0, 80),
				};
			}, selector);
			if (!focus.isVisible)
				throw new Error(`no visible focus: ${focus.html}`);
			if (focus.isWanted)
				return;
		}
		throw new Error(`Tab does not reach ${selector}`);
	}

	async fill(selector, text) {
		await this.reach(selector);
		await this.page.keyboard.press('Control+A');
		await this.page.keyboard.type(text);
	}

	async press(selector) {
		await this.reach(selector);
		await this.leads(() => this.page.keyboard.press('Enter'));
	}
}

module.exports = { launch, options, Person, Typist };
