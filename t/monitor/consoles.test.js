// Prometheus' consoles in Chromium: everything comes from Prometheus itself, every
// panel has a graph or says why not, on a wide screen and on a phone.  With
// SCREENSHOTS=FOLDER they are there to look at.

'use strict';

const { launch, Person } = require('../browser/browser');
const { is, none, ok, run } = require('../browser/tap');

async function look(reader, name, width) {
	await reader.page.setViewportSize({ width, height: 1000 });
	await reader.goTo(`/consoles/${name}.html`);
	await reader.page.waitForFunction(() =>
		document.querySelectorAll('.panel').length > 9 &&
		[...document.querySelectorAll('.stat')].every((s) => s.dataset.mood !== undefined) &&
		[...document.querySelectorAll('.graph')].every((g) =>
			g.querySelector('svg, .prom_graph_error')));

	const page = `${name}, ${width} wide`;
	none(reader.misdeeds, `${page}: asks nobody else, and all goes well`);
	is(await reader.page.title(),
		`${name[0].toUpperCase()}${name.slice(1)} | MiniTwit`,
		`${page}: the title`);
	ok(await reader.page.locator('.graph svg').count() > 3,
		`${page}: there are graphs`);
	is(await reader.page.evaluate(() =>
		document.documentElement.scrollWidth > innerWidth), false,
	`${page}: nothing sticks out`);
	none(await reader.page.evaluate(() =>
		[...document.querySelectorAll('.graph')]
			.filter((graph) => graph.querySelector('.prom_graph_error'))
			.map((graph) => getComputedStyle(
				graph.querySelector('.rickshaw_graph'), '::after').content)
			.filter((content) => !/^"\w.+"$/.test(content))),
	`${page}: what has no data says so`);
	if (process.env.SCREENSHOTS)
		await reader.page.screenshot({ fullPage: true,
			path: `${process.env.SCREENSHOTS}/${name}-${width}.png` });
}

run(async () => {
	const browser = await launch();
	const reader = await Person.sitDown(browser);

	for (const name of ['system', 'business'])
		for (const width of [1500, 400])
			await look(reader, name, width);
	await browser.close();
});
