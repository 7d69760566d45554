// What the script adds: what others write comes to a timeline that is open, and a
// message is counted, sent by a key, and sent once.

'use strict';

const { launch, Person } = require('./browser');
const { ok, is, none, run } = require('./tap');

const first = (person) =>
	person.page.locator('ul.messages li .text').first().innerText();

async function post(person, text) {
	await person.goTo('/');
	await person.fill('.twitbox [name=text]', text);
	await person.press('.twitbox [type=submit]');
}

// Waits for the button, which says how many, and presses it.
async function takeNews(person, words) {
	const button = person.page.locator('.news button');

	await button.waitFor();
	is(await button.innerText(), words, words);
	const [request] = await Promise.all([
		person.page.waitForEvent('requestfinished'), button.click()]);
	ok(!request.isNavigationRequest(), '... and no page is loaded for them');
	await button.waitFor({ state: 'hidden' });
}

// Ann reads in one browser what Bob writes in another.
async function watch(ann, bob, visitor) {
	await ann.goTo('/Bob/follow');
	await ann.goTo('/');
	await visitor.goTo('/public');
	const before = await first(visitor);

	await post(bob, 'News from Bob');
	is(await first(visitor), before, 'nothing moves by itself');
	await takeNews(visitor, '1 new message');
	is(await first(visitor), 'News from Bob', 'a visitor has it');
	await takeNews(ann, '1 new message');
	is(await first(ann), 'News from Bob', 'who follows Bob has it');

	const button = ann.page.locator('.news button');
	await post(bob, 'Two');
	await button.waitFor();
	const place = () => ann.page.locator('ul.messages').boundingBox();
	const { y } = await place();
	await button.focus();
	await post(bob, 'Three');
	await ann.page.getByText('2 new messages').waitFor();
	ok(await button.evaluate((e) => e === document.activeElement),
		'a keyboard stays on the button when there are more');
	await ann.page.keyboard.press('Enter');
	await button.waitFor({ state: 'hidden' });
	is(await first(ann), 'Three', '... and gets them by it');
	is((await place()).y, y, 'the list stays where it was');

	await visitor.goTo('/Bob');
	await post(bob, 'Four');
	await takeNews(visitor, '1 new message');
	is(await first(visitor), 'Four', 'a profile has it');
	is((await visitor.texts('ul.messages li .text'))
		.filter((text) => text === 'Four').length, 1, '... once');
	await ann.goTo('/Bob/unfollow');
	for (const person of [ann, bob, visitor])
		none(person.misdeeds, 'nothing went wrong meanwhile');
}

// What was typed is not lost, whatever happens to it.
async function draft(person, name) {
	const box = '.twitbox [name=text]';
	const sendLosing = async (text) => {
		await person.goTo('/');
		await person.fill(box, text);
		await person.page.context().clearCookies();
		await person.press('.twitbox [type=submit]');
		is(person.answer.status(), 401, 'without a session: 401');
		is(await person.page.inputValue(box), text, '... with the text');
	};

	await sendLosing('A draft');
	await person.logIn(name);
	is(await person.page.inputValue(box), 'A draft', 'it is there again');
	is(await person.text('.counter'), '993 characters left', '... counted');
	await person.press('.twitbox [type=submit]');
	is(await first(person), 'A draft', '... and is sent');
	is(await person.page.inputValue(box), '', '... once');

	await sendLosing('A second draft');
	const tab = await person.page.context().newPage();
	await tab.goto(person.page.url().replace('/add_message', '/login'));
	await tab.fill('[name=username]', name);
	await tab.fill('[name=password]', 'pw');
	await tab.click('[type=submit]');
	await tab.waitForURL('**/');
	await person.press('.twitbox [type=submit]');
	is(await first(person), 'A second draft', 'it is sent from the error');

	await person.fill(box, 'Not for others');
	await person.press('a[href="/logout"]');
	await person.logIn(name);
	is(await person.page.inputValue(box), '', 'who logs out leaves nothing');
}

async function compose(person) {
	const box = '.twitbox [name=text]';
	const counter = () => person.text('.counter');

	await person.goTo('/');
	is(await counter(), '1000 characters left', 'characters are counted');
	await person.fill(box, '\u{1f600}a');
	is(await counter(), '998 characters left', '... as people do');
	await person.fill(box, 'x'.repeat(1001));
	is(await counter(), '1 character too many', '... and too many');
	await person.press('.twitbox [type=submit]');
	is(person.answer.status(), 400, 'which are refused');
	is(await person.page.inputValue(box), 'x'.repeat(1001), '... and kept');

	await person.goTo('/');
	await person.fill(box, 'Sent');
	await person.press('.twitbox [type=submit]');
	await person.page.goBack();
	is(await person.page.inputValue(box), 'Sent', 'who goes back finds it');
	is(await counter(), '996 characters left', '... counted');

	await person.goTo('/');
	await person.fill(box, 'By a key');
	await person.leads(() => person.page.keyboard.press('Control+Enter'));
	is(await first(person), 'By a key', 'Ctrl+Enter sends');

	await person.fill(box, 'By two clicks');
	await person.leads(() => person.page.dblclick('.twitbox [type=submit]'));
	await person.goTo('/');
	is((await person.texts('ul.messages li .text'))
		.filter((text) => text === 'By two clicks').length, 1,
	'two clicks send once');
}

// The script says how long ago something was as the server did.
async function times(person) {
	const ago = (time) => person.page.evaluate((then) =>
		window.ago(new Date(then), new Date('2026-11-29T12:00:00Z')),
	`2026-11-${time}Z`);

	await person.goTo('/public');
	is(await ago('29T12:00:01'), 'just now', 'a clock that is slow');
	is(await ago('29T11:59:01'), 'just now', 'less than a minute');
	is(await ago('29T11:59:00'), '1 minute ago', 'a minute');
	is(await ago('28T12:00:01'), '23 hours ago', 'less than a day');
	is(await ago('02T00:00:00'), '2 November 2026', 'a date');
}

run(async () => {
	const browser = await launch();
	const sit = async (name) => {
		const person = await Person.sitDown(browser, {});
		if (name)
			await person.logIn(name);
		return person;
	};
	const [ann, bob, visitor] = [await sit('Ann'), await sit('Bob'), await sit()];
	await times(visitor);
	await watch(ann, bob, visitor);
	await compose(bob);
	await draft(bob, 'Bob');
	await browser.close();
});
