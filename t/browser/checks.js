// What holds for every page in every state.

'use strict';

const axe = require('axe-core');
const { HtmlValidate } = require('html-validate');

// Phones, down to the width that WCAG 1.4.10 names, and a desktop; in both colour
// schemes.  The short form looks at every other page in light on a phone, and at the
// others in dark on a desktop.
const MEDIA = process.env.LONG
	? ['light', 'dark'].flatMap((colorScheme) =>
		[320, 360, 1280].map((width) => ({ colorScheme, width })))
	: [{ colorScheme: 'light', width: 320 },
		{ colorScheme: 'dark', width: 1280 }];
let pages = 0;

const mediaOfPage = () =>
	process.env.LONG ? MEDIA : [MEDIA[pages++ % MEDIA.length]];

// WCAG 2.2 AA, with all that came before it.
const ALL = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',
	'wcag22aa', 'best-practice'] };

// Those about colours and places.  Whatever else a rule looks at is the same in both
// schemes and at every width: the style sheet hides nothing.
const VISUAL = { type: 'rule', values: ['color-contrast', 'link-in-text-block',
	'scrollable-region-focusable', 'target-size'] };

const validator = new HtmlValidate({
	root: true,
	extends: ['html-validate:recommended', 'html-validate:standard'],
	rules: {
		// titles hold names, and people choose those
		'long-title': 'off',
		// browser-test scripts look for an <input>
		'prefer-button': 'off',
	},
});

// The HTML as it was served.
async function markup(answer) {
	const report = await validator.validateString(await answer.text());
	return report.results.flatMap((result) => result.messages).map((found) =>
		`html-validate, line ${found.line}: ${found.message} (${found.ruleId})`);
}

// The document as it is now; names what is twice, and says what is too wide.
function inPage() {
	const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
	// not in a sentence, or in what somebody wrote
	const isAlone = (e) => !e.closest('.text') &&
		[...e.parentElement.childNodes].every((node) =>
			node.nodeType !== Node.TEXT_NODE || !node.data.trim());
	const root = document.documentElement;
	const faults = ids.filter((id, i) => ids.indexOf(id) !== i)
		.map((id) => `the id ${id} is not unique`);

	if (!document.title.endsWith(' | MiniTwit'))
		faults.push(`the title is ${document.title}`);
	if (document.querySelectorAll('h1').length !== 1)
		faults.push('it has not one <h1>');
	if (root.scrollWidth > root.clientWidth)
		faults.push(`it is ${root.scrollWidth} wide on ${root.clientWidth}`);
	for (const e of document.querySelectorAll('a, button, input, textarea')) {
		const { width, height } = e.getBoundingClientRect();
		if (isAlone(e) && e.checkVisibility() && Math.min(width, height) < 24)
			faults.push(`hard to hit: ${e.outerHTML.slice(0, 80)}`);
	}
	return faults;
}

// The document on paper, for a reader with a dark screen, too: nothing that only a
// screen can use, and ink that shows.
function onPaper() {
	const useless = 'input, button, textarea, .navigation, .pages';
	const faults = [...document.querySelectorAll(useless)]
		.filter((e) => e.checkVisibility())
		.map((e) => `on paper there is ${e.outerHTML.slice(0, 60)}`);

	for (const e of document.querySelectorAll('main *')) {
		const [red, green, blue] =
			getComputedStyle(e).color.match(/\d+/g).map(Number);
		if (e.checkVisibility() && red + green + blue > 3 * 128)
			faults.push(`on paper <${e.localName}> is too pale`);
	}
	return faults;
}

async function accessibility(page, rules) {
	const found = await page.evaluate((runOnly) => window.axe.run(document,
		{ runOnly, resultTypes: ['violations'] }), rules);
	return found.violations.flatMap((violation) =>
		violation.nodes.map((node) => `axe: ${violation.id}: ` +
			`${node.html}\n\t${node.failureSummary}`));
}

// All that is wrong with the page that somebody has before them, in lines; with
// scripts off axe can't be asked.
async function faults(person, status, hasScripts) {
	const page = person.page;
	const found = await markup(person.answer);

	if (person.answer.status() !== status)
		found.push(`the status is ${person.answer.status()}, not ${status}`);
	if (hasScripts)
		await page.evaluate(axe.source);
	const where = new Map();
	let rules = ALL;
	for (const { colorScheme, width } of mediaOfPage()) {
		await page.emulateMedia({ colorScheme });
		await page.setViewportSize({ width, height: 800 });
		const now = await page.evaluate(inPage);
		if (hasScripts && width !== 360) {
			now.push(...await accessibility(page, rules));
			rules = VISUAL;
		}
		for (const line of now)
			where.set(line, `${where.get(line) ?? ''} ` +
				`${colorScheme}/${width}px`);
	}
	await page.emulateMedia({ media: 'print' });
	found.push(...await page.evaluate(onPaper));
	await page.emulateMedia({ media: null });
	for (const [line, media] of where)
		found.push(`${line} (${media.trim()})`);
	return found.concat(person.misdeeds);
}

module.exports = { faults };
