// Every page, in every state, with scripts on and, in the long form, off.

'use strict';

const { launch, Person } = require('./browser');
const { faults } = require('./checks');
const pages = require('./pages');
const { none, run } = require('./tap');

// One browser for each who is logged in.
function people(browser, javaScriptEnabled) {
	const seated = new Map();
	return async (name) => {
		if (!seated.has(name)) {
			const person =
				await Person.sitDown(browser, { javaScriptEnabled });
			if (name)
				await person.logIn(name);
			seated.set(name, person);
		}
		return seated.get(name);
	};
}

run(async () => {
	const browser = await launch();
	for (const hasScripts of process.env.LONG ? [true, false] : [true]) {
		const somebody = people(browser, hasScripts);
		for (const { name, path, who, status = 200, act } of pages) {
			const person = await somebody(act && !who ? name : who);
			await person.goTo(path);
			if (act)
				await act(person, hasScripts);
			none(await faults(person, status, hasScripts),
				`${name}, scripts ${hasScripts ? 'on' : 'off'}`);
		}
	}
	await browser.close();
});
