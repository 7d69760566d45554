// One of the dashboards of dashboards.json, as body's data-board says: figures of now,
// and graphs by Prometheus' own prom_console.js.

'use strict';

function trimmed(number, digits) {
	return String(Number(number.toPrecision(digits)));
}

function scaled(value, base, prefixes, unit) {
	let step = 0;
	while (Math.abs(value) >= base && step < prefixes.length - 1) {
		value /= base;
		step++;
	}
	return `${trimmed(value, 3)}${prefixes[step]}${unit}`;
}

function duration(seconds) {
	const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
	const [size, name] = parts.find(([s]) => Math.abs(seconds) >= s) ??
		[0.001, 'ms'];
	return seconds === 0 ? '0 s' : `${trimmed(seconds / size, 3)} ${name}`;
}

const THOUSANDS = ['', ' k', ' M', ' G', ' T'];

// A value as people read it, by the units that Grafana knows, too.
const FORMAT = {
	short: (value) => scaled(value, 1000, THOUSANDS, ''),
	reqps: (value) => scaled(value, 1000, THOUSANDS, '/s'),
	percentunit: (value) => `${trimmed(100 * value, 3)} %`,
	bytes: (value) => scaled(value, 1024, [' ', ' Ki', ' Mi', ' Gi', ' Ti'], 'B'),
	s: duration,
	bool: (value) => value ? 'yes' : 'no',
};

const COLOURS = ['#2f6f9f', '#e0912f', '#3d9970', '#c0504d', '#8064a2', '#4bacc6',
	'#a0742f', '#7f7f7f', '#d16d9e', '#9bbb59'];

function element(parent, tag, className, text = '') {
	const made = document.createElement(tag);
	made.className = className;
	made.textContent = text;
	parent.append(made);
	return made;
}

// limits are where a value begins to be worrying, and to be bad; the second may be
// the lower one.
function mood(value, limits) {
	if (!limits)
		return '';
	const [warn, bad] = limits;
	const beyond = (limit) => warn <= bad ? value >= limit : value <= limit;
	return beyond(bad) ? 'bad' : beyond(warn) ? 'warn' : 'good';
}

async function ask(expr) {
	const answer = await fetch(`${PATH_PREFIX}/api/v1/query?query=` +
		encodeURIComponent(expr));
	const { data } = await answer.json();
	return data.result.map(({ value }) => Number(value[1]))
		.find((value) => Number.isFinite(value));
}

function stat(place, panel) {
	const box = element(place, 'section', 'panel stat');
	element(box, 'h3', '', panel.title);
	const shown = element(box, 'p', 'value', '…');
	const update = async () => {
		const value = await ask(panel.queries[0].expr).catch(() => undefined);
		shown.textContent = value === undefined
			? panel.empty ?? 'no data yet' : FORMAT[panel.unit](value);
		box.dataset.mood = value === undefined ? 'empty'
			: mood(value, panel.limits);
	};
	update();
	setInterval(update, 15000);
}

function graph(place, panel) {
	const box = element(place, 'section', 'panel graph');
	element(box, 'h3', '', panel.title);
	const drawing = new PromConsole.Graph({
		node: element(box, 'div', 'drawing'),
		expr: panel.queries.map(({ expr }) => expr),
		name: panel.queries.map(({ legend }) => (labels) =>
			legend.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label])),
		renderer: panel.stacked ? 'area' : 'line',
		height: 160,
		min: panel.floating ? 'auto' : 0,
		max: panel.max,
		xTitle: '',
		yAxisTicks: 4,
		yAxisFormatter: (value) => value ? FORMAT[panel.unit](value) : '',
		yHoverFormatter: FORMAT[panel.unit],
		colorScheme: COLOURS,
	});
	// what is said in place of a graph without data
	drawing.graphTd.dataset.empty = panel.empty ?? 'No data in this time.';
}

async function draw() {
	const boards = await (await fetch(`${PATH_PREFIX}/user/dashboards.json`)).json();
	const board = boards.find(({ name }) => name === document.body.dataset.board);
	const main = document.querySelector('main');

	document.title = `${board.title} | MiniTwit`;
	for (const link of document.querySelectorAll('nav a'))
		if (link.pathname === location.pathname)
			link.setAttribute('aria-current', 'page');
	for (const row of board.rows) {
		element(main, 'h2', '', row.title);
		const place = element(main, 'div', 'row');
		for (const panel of row.panels)
			(panel.type === 'stat' ? stat : graph)(place, panel);
	}
	new PromConsole.TimeControl().setRefresh('1m');
}

async function alerts() {
	const link = document.getElementById('alerts');
	const count = await ask('count(ALERTS{alertstate="firing"})')
		.catch(() => undefined);
	link.textContent = count ? `Alerts: ${count}` : 'Alerts';
	link.classList.toggle('firing', Boolean(count));
}

draw();
alerts();
setInterval(alerts, 15000);
